"""The arguments of our scripts in the WebUI's Script dropdown, from the page's widgets or from a program.

The WebUI keeps the arguments of all scripts in one list, in which each script has a stretch. What a program sends as
`script_args` takes the place of that stretch, however long it is: a shorter list makes the whole list shorter, and the
script is then called with its own and the beginning of the next script's.
"""

from __future__ import annotations

from typing import Any, Optional, Sequence, Type

from ..errors import BadRequest
from ..schema import AnyRequest, FieldInfo, fields_of
from ..ui.fields import from_values

_LONGEST = 60  # letters of a wrong value that are shown


def request_of(
    title: str, kind: Type[AnyRequest], p: Any, values: Sequence[Any], least: Optional[int] = None
) -> AnyRequest:
    """The request that a script was called with.

    title: the script's. p: the WebUI's processing object. values: what the WebUI gives the script. least: how many a
    program has to give; those that it leaves out after them are at their default. None: all.
    Raises BadRequest, which names the script and says what is expected, for too many, too few, and one of a wrong kind.
    """
    fields = fields_of(kind)
    count = _given(p, values, len(fields))
    if count > len(fields) or count < (len(fields) if least is None else least):
        much = "many" if count > len(fields) else "few"
        names = ", ".join(field.name for field in fields)
        raise BadRequest(
            f"{title}: {count} script_args are too {much}; {len(fields)} are needed, in this order: {names}."
        )
    defaults = [field.default for field in fields]
    given = list(values[:count])
    for place, (field, value) in enumerate(zip(fields, given)):
        if not _fits(kind, [*defaults[:place], value, *defaults[place + 1 :]], field):
            raise BadRequest(
                f"{title}: argument {place + 1}, {field.name}, takes {_expected(field)}, "
                f"but is {repr(value)[:_LONGEST]}."
            )
    return from_values(kind, [*given, *defaults[count:]])


def script_defaults(runner: Any) -> tuple[Any, ...]:
    """The arguments of img2img's scripts as the page has them before anybody touched it; none is selected."""
    values = [getattr(component, "value", None) for component in runner.inputs]
    wanted = max((script.args_to or 0 for script in runner.scripts), default=1)
    return (0, *values[1:], *([None] * (wanted - len(values))))


def _given(p: Any, values: Sequence[Any], count: int) -> int:
    """How many of the values are the script's own: all that the page gives, as many as a program sent."""
    runner = getattr(p, "scripts", None)
    if runner is None or not getattr(p, "is_api", False):
        return len(values)
    whole = max(script.args_to or 0 for script in runner.scripts)
    return count - (whole - len(p.script_args))


def _fits(kind: Type[AnyRequest], values: Sequence[Any], field: FieldInfo) -> bool:
    """Whether a request can be made of the values, of which the field's is the only one not at its default."""
    value = values[[one.name for one in fields_of(kind)].index(field.name)]
    try:
        taken = getattr(from_values(kind, values), field.name)
    except BadRequest:
        return False
    # pydantic takes some values for what they are not: 1.5 for 1, True for 1, and 5 for "5"
    if isinstance(taken, bool):
        return value in (True, False)
    if isinstance(taken, (int, float)):
        return not isinstance(value, bool) and float(value) == taken
    return not isinstance(taken, str) or isinstance(value, str)


def _expected(field: FieldInfo) -> str:
    """What a field takes, in words."""
    is_list = isinstance(field.default, tuple)
    if field.choices:
        return f"{'a list of' if is_list else 'one of'} {', '.join(field.choices)}"
    if is_list:
        return "a list of numbers, or a text such as 9, 7.5, 3"
    if isinstance(field.default, bool):
        return "true or false"
    if isinstance(field.default, str):
        return "a text"
    number = "a whole number" if isinstance(field.default, int) else "a number"
    limits = [f"{word} {limit:g}" for word, limit in (("from", field.low), ("to", field.high)) if limit is not None]
    return " ".join([number, *limits])

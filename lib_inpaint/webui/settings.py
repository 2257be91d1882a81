"""Our section of the WebUI's Settings page."""

from __future__ import annotations

from typing import Any, Callable

from ..schema import FieldInfo, Settings, fields_of, fitting

SECTION = ("inpaint_anything", "Inpaint Anything")
PREFIX = "inpaint_anything_"


def add(component: Callable[[FieldInfo], tuple[Any, dict[str, Any]]]) -> None:
    """Offer the settings. component: the class of widget that fits a field, and what it is made with."""
    from modules import shared

    for field in fields_of(Settings):
        kind, arguments = component(field)
        option = shared.OptionInfo(field.default, field.label, kind, arguments, section=SECTION)
        shared.opts.add_option(PREFIX + field.name, option.info(field.help) if field.help else option)


def read_settings() -> Settings:
    """As they are now; what somebody wrote there that does not fit is at its default."""
    from modules import shared

    names = [field.name for field in fields_of(Settings)]
    found = {name: shared.opts.data[PREFIX + name] for name in names if PREFIX + name in shared.opts.data}
    return fitting(Settings, found)

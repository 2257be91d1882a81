"""How the WebUI hands arguments to scripts, as modules/scripts.py and modules/api/api.py of A1111 and Forge do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Sequence


class Runner:
    """Always-on scripts come first, then those of the dropdown; each has a stretch of one list of arguments."""

    def __init__(self, always_on: Sequence[Sequence[Any]], selectable: Sequence[tuple[Any, Sequence[Any]]]) -> None:
        """always_on: the defaults of each. selectable: each script, which has a `run`, and its defaults."""
        self.scripts: list[SimpleNamespace] = []
        self.selectable_scripts: list[SimpleNamespace] = []
        self.defaults: list[Any] = [0]  # the first says which script is chosen
        for values in always_on:
            self._add(None, values)
        for script, values in selectable:
            self.selectable_scripts.append(self._add(script, values))

    def _add(self, script: Any, values: Sequence[Any]) -> SimpleNamespace:
        start = len(self.defaults)
        self.defaults += values
        self.scripts.append(SimpleNamespace(script=script, args_from=start, args_to=len(self.defaults)))
        return self.scripts[-1]

    def call_by_api(self, number: int, script_args: Sequence[Any]) -> Any:
        """As POST /sdapi/v1/img2img with `script_args` calls the script of that number, from 0."""
        chosen = self.selectable_scripts[number]
        arguments = self.defaults.copy()
        arguments[chosen.args_from : chosen.args_to] = script_args
        arguments[0] = number + 1
        return self._run(SimpleNamespace(is_api=True, scripts=self, script_args=arguments))

    def call_by_page(self, number: int, values: Sequence[Any]) -> Any:
        """As the button Generate calls it, with the values of all widgets."""
        chosen = self.selectable_scripts[number]
        arguments = self.defaults.copy()
        arguments[chosen.args_from : chosen.args_to] = values
        arguments[0] = number + 1
        return self._run(SimpleNamespace(is_api=False, scripts=self, script_args=tuple(arguments)))

    def _run(self, p: Any) -> Any:
        chosen = self.selectable_scripts[p.script_args[0] - 1]
        return chosen.script.run(p, *p.script_args[chosen.args_from : chosen.args_to])

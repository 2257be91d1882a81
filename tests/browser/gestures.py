"""What a person does with mouse, fingers, keys and forms. Places are (x, y) in pixels of the picture."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Iterator, Union

from sight import WORKSPACE, Place, Sight

if TYPE_CHECKING:
    from playwright.sync_api import Locator

TOOLS = {"point": "Point", "box": "Box", "brush": "Brush", "lasso": "Lasso", "eraser": "Deselect", "pan": "Move"}


class Gestures(Sight):
    """One tab of a browser, with somebody at it."""

    # Pointing.

    def clicks(self, *places: Place, button: str = "left", key: str = "") -> None:
        """Click and wait for the mask; `key` is held."""
        for place in places:
            with self._held(key):
                self.page.mouse.click(*self.on_screen(place), button=button)  # type: ignore[arg-type]
        self.settled()

    def clicks_with(self, tool: str, place: Place) -> None:
        self.takes(tool)
        self.clicks(place)

    def adds(self, place: Place) -> None:
        """Begin another object, and click."""
        self.presses("n")
        self.clicks(place)

    def drags(self, *places: Place, button: str = "left") -> None:
        """Press at the first place, move through the others, release at the last one; wait for the mask."""
        mouse = self.page.mouse
        mouse.move(*self.on_screen(places[0]))
        mouse.down(button=button)  # type: ignore[arg-type]
        for place in places[1:]:
            mouse.move(*self.on_screen(place), steps=6)
        mouse.up(button=button)  # type: ignore[arg-type]
        self.settled()

    def drags_on(self, start: Place, end: Place) -> None:
        """Drag without waiting for the mask."""
        self.page.mouse.move(*self.on_screen(start))
        self.page.mouse.down()
        self.page.mouse.move(*self.on_screen(end), steps=6)
        self.page.mouse.up()

    def taps(self, place: Place) -> None:
        """Touch with one finger, and wait for the mask."""
        self.page.touchscreen.tap(*self.on_screen(place))
        self.settled()

    def pinches(self, place: Place, factor: float) -> None:
        """Two fingers around a place, spread by that factor."""
        touch = self.context.new_cdp_session(self.page)
        x, y = self.on_screen(place)

        def fingers(kind: str, apart: float) -> None:
            both = [{"x": x - apart, "y": y, "id": 0}, {"x": x + apart, "y": y, "id": 1}]
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": both if apart else []})

        fingers("touchStart", 40)
        for step in range(1, 9):
            fingers("touchMove", 40 * (1 + (factor - 1) * step / 8))
        fingers("touchEnd", 0)
        self.settled()

    def takes(self, tool: str) -> None:
        """Take a tool: point, box, brush, eraser, pan."""
        self.button(re.compile(f"^{TOOLS[tool]}")).click()
        self.waits("state.tool === arg", tool)

    def boxes(self, left: float, top: float, right: float, bottom: float) -> None:
        """Drag a box with the box tool."""
        self.takes("box")
        self.drags((left, top), (right, bottom))

    def paints(self, *places: Place, radius: int = 10, erase: bool = False) -> None:
        """Paint with the brush or the eraser; the radius is in pixels of the picture."""
        self.takes("eraser" if erase else "brush")
        self.page.evaluate(f"(radius) => {WORKSPACE}.setBrushRadius(radius * {WORKSPACE}.state.zoom)", radius)
        self.drags(*places)

    @contextmanager
    def _held(self, key: str) -> Iterator[None]:
        if key:
            self.page.keyboard.down(key)
        try:
            yield
        finally:
            if key:
                self.page.keyboard.up(key)

    # Buttons, keys and forms.

    def button(self, name: Union[str, re.Pattern[str]]) -> Locator:
        """A button of ours by what it is called."""
        exact = isinstance(name, str)
        return self.page.locator("#inpaint_anything").get_by_role("button", name=name, exact=exact).first

    def presses(self, *keys: str) -> None:
        """Press keys on the canvas, one after the other, and wait for what they do."""
        for key in keys:
            self.page.keyboard.press(key)
        self.settled()

    def fills_in(self, form: str, field: str, value: Union[float, str, bool]) -> None:
        """Change a number, a text or a tick in a form, or in an action's tab."""
        widget = self._widget(form, field)
        tick = widget.locator("input[type=checkbox]")
        if tick.count():
            tick.first.set_checked(bool(value))
        else:
            entry = widget.locator("input[type=number], textarea").first
            entry.fill(str(value))
            entry.blur()
        if form in ("mask", "everything", "removal"):  # gradio tells the page of it a moment later
            self.waits(f"({{ mask: state.options, ...{WORKSPACE}.filled.forms }}).{form}.{field} === arg", value)
        self.settled()

    def reads(self, form: str, field: str, value: str) -> None:
        """Wait until a number in a form says that."""
        number = self._widget(form, field).locator("input[type=number]").first
        number.wait_for()
        self.page.wait_for_function(  # gradio may put another one in its place meanwhile
            """([id, value]) => document.querySelector(`#${id} input[type=number]`)?.value === value""",
            arg=[f"inpaint_anything_{form}_{field}", value],
        )

    def _widget(self, form: str, field: str) -> Locator:
        """A field, after opening what it is folded into."""
        widget = self.page.locator(f"#inpaint_anything_{form}_{field}")
        if not widget.is_visible():
            self.page.locator(self._accordion(form)).locator(".label-wrap").first.click()
        widget.wait_for()
        return widget

    def _accordion(self, form: str) -> str:
        """Where a form's fields are that are not seen at once."""
        if form in ("remove", "fill", "background", "extend", "edit"):
            return f"#inpaint_anything_more_{form}"
        return "#inpaint_anything_options" if form == "mask" else "#inpaint_anything_segmenters"

    def goes_to(self, action: str) -> None:
        """Choose the tab of an action: remove, fill, background, extend, edit, mask."""
        tabs = self.page.locator("#inpaint_anything_actions").locator(".tab-nav > button, [role=tab]")
        tabs.filter(has_text=re.compile(rf"^\s*{action}\s*$", re.IGNORECASE)).first.click()

    def starts(self, action: str) -> str:
        """Press the button of an action; gives the id of the job that it becomes on the server."""
        self.goes_to(action)
        self.settled()
        is_job = re.compile(r"/v1/(erase|extend|inpaint|outpaint|edit)$")
        with self.page.expect_response(lambda answer: bool(is_job.search(answer.url))) as answer:
            self.page.locator(f"#inpaint_anything_run_{action}").click()
        return answer.value.json()["id"]

    def runs(self, action: str) -> dict[str, Any]:
        """Press the button of an action and wait for its result."""
        count = len(self.state()["results"])
        self.starts(action)
        self.waits("!state.busy")
        assert len(self.state()["results"]) > count, self.message()
        self.settled()
        return self.result()

    def stops(self, job: str) -> str:
        """Press Stop, wait until the page has let go; gives the state of the job on the server."""
        self.waits("state.busy && state.busy.canStop")
        self.button("Stop").click()
        self.waits("!state.busy")
        return self.asks(f"jobs/{job}")["state"]

    def fold_out(self) -> None:
        """Open all accordions and drawers of the page."""
        for summary in self.page.locator("#inpaint_anything details:not([open]) > summary").all():
            summary.click()
        closed = self.page.locator("#inpaint_anything .label-wrap:not(.open):visible")
        while closed.count():
            closed.first.click()

    def tabs_to(self, name: str) -> None:
        """Press Tab until the button of that name has the focus."""
        self._tabs_until(f"document.activeElement.getAttribute('aria-label') === {name!r}")

    def tabs_to_canvas(self) -> None:
        """Press Tab until the picture has the focus."""
        self._tabs_until("document.activeElement.matches('.ia-canvas')")

    def _tabs_until(self, there: str) -> None:
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(f"() => Boolean({there})"):
                return
        raise AssertionError(f"Tab does not lead there: {there}")

    def compares(self) -> None:
        """Show the newest result beside the picture, where it is not shown already."""
        if not self.page.locator("#inpaint_anything .ia-compare-frame").is_visible():
            self.page.keyboard.press("c")
        self.page.locator("#inpaint_anything .ia-compare-frame").wait_for()

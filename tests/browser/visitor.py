"""A person at the page: what they do, and what they see. Places are (x, y) in pixels of the picture."""

from __future__ import annotations

import base64
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple, Optional, Union

import cv2
import numpy as np
from scenes import decoded

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, FloatRect, Locator, Page, Route

WAIT = 60_000  # milliseconds, for everything that is waited for
JUDGE = Path(__file__).with_name("judge.js")
WORKSPACE = "window.inpaintAnything.workspace"
Place = tuple[float, float]
CANVAS = "#inpaint_anything_workspace .ia-canvas"
TOOLS = {"point": "Point", "box": "Box", "brush": "Brush", "eraser": "Eraser", "pan": "Move"}
_AS_BASE64 = """async (blob) => {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}"""


class File(NamedTuple):
    """A file on the person's disk."""

    name: str
    data: bytes
    type: str = "image/png"


class Visitor:
    """One tab of a browser. `troubles`: what was written to its console as an error, and failed requests."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.context = context
        self.troubles: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(WAIT)
        self.page.on("console", lambda message: self._note(message.type, message.text, message.location["url"]))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        # the browser is told that choosers are ours from the first listener on, and a key press may be quicker than that
        self.page.on("filechooser", lambda chooser: None)

    def _note(self, kind: str, text: str, url: str) -> None:
        if kind == "error":
            self.troubles.append(f"{text} ({url})")

    # The page itself.

    def comes(self) -> Visitor:
        """Open the page and wait until it can be used."""
        self.page.goto(self.address)
        self.ready()
        return self

    def reloads(self) -> None:
        """Reload the page, a moment after the last change: then it is stored."""
        self.page.evaluate(f"() => {WORKSPACE}.keeper.saved()")
        self.page.reload()
        self.ready()

    def ready(self) -> None:
        """Wait until the page stands; in a WebUI, choose its tab."""
        self.page.wait_for_function(f"() => window.inpaintAnything && {WORKSPACE}")
        tab = self.page.locator("#tabs > .tab-nav button", has_text="Inpaint Anything")
        if tab.count():
            tab.click()
        self.page.locator(CANVAS).first.wait_for()
        self.settled()

    def settled(self) -> None:
        """Wait until no request is under way, and what is drawn is up to date."""
        self.page.evaluate(f"() => {WORKSPACE}.settled()")

    def waits(self, condition: str, argument: Any = None) -> None:
        """Wait until that is true of the workspace's state: a JavaScript expression with `state` and `arg`."""
        self.page.wait_for_function(
            f"(arg) => {{ const state = {WORKSPACE}.state; return {condition}; }}", arg=argument
        )

    def leaves(self) -> None:
        self.context.close()

    # Opening pictures.

    def opens(self, file: File) -> None:
        """Choose a file through the button Open, and wait until it is there."""
        before = self.picture()
        with self.page.expect_file_chooser() as chooser:
            self.button("Open").click()
        chooser.value.set_files([self._payload(file)])
        self.opened(before)

    def drops(self, file: File) -> None:
        """Drop a file onto the canvas; does not wait."""
        transfer = self._transfer(file)
        target = self.page.locator(CANVAS).first
        for event in ("dragenter", "dragover", "drop"):
            target.dispatch_event(event, {"dataTransfer": transfer})

    def pastes(self, file: File) -> None:
        """Paste a picture, as after "Copy image"; does not wait."""
        transfer = self._transfer(file)
        self.page.evaluate(
            """(data) => (document.activeElement ?? document.body).dispatchEvent(
              new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }))""",
            transfer,
        )

    def opened(self, before: Optional[Any] = None) -> None:
        """Wait until a picture is there that is another one than `before`, see `picture`."""
        self.waits("state.image && JSON.stringify(state.image) !== JSON.stringify(arg)", before)
        self.settled()

    def picture(self) -> Any:
        """What is told of the picture that is open: id, width, height, name; None if there is none."""
        return self.state()["image"]

    @staticmethod
    def _payload(file: File) -> Any:
        return {"name": file.name, "mimeType": file.type, "buffer": file.data}

    def _transfer(self, file: File) -> Any:
        return self.page.evaluate_handle(
            """([name, type, data]) => {
              const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
              const transfer = new DataTransfer();
              transfer.items.add(new File([bytes], name, { type }));
              return transfer;
            }""",
            [file.name, file.type, base64.b64encode(file.data).decode()],
        )

    # Pointing.

    def on_screen(self, place: Place) -> Place:
        """Where the middle of one of the picture's pixels is in the window, after scrolling to the canvas."""
        self.page.locator(CANVAS).first.evaluate("(canvas) => canvas.scrollIntoView({ block: 'nearest' })")
        shown = self.page.evaluate(f"([x, y]) => {WORKSPACE}.toScreen(x, y)", [place[0] + 0.5, place[1] + 0.5])
        return shown["x"], shown["y"]

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
        """Paint with the brush or the eraser."""
        self.takes("eraser" if erase else "brush")
        self.page.evaluate(f"(radius) => {WORKSPACE}.setBrushRadius(radius)", radius)
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
        if form in ("mask", "everything"):  # gradio tells the page of it a moment later
            self.waits(f"({{ mask: state.options, ...{WORKSPACE}.forms }}).{form}.{field} === arg", value)
        self.settled()

    def reads(self, form: str, field: str, value: str) -> None:
        """Wait until a number in a form says that."""
        number = self._widget(form, field).locator("input[type=number]").first
        self.page.wait_for_function("([number, value]) => number.value === value", arg=[number.element_handle(), value])

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

    def asks(self, path: str) -> Any:
        """What the server answers to this visitor at an address of the API."""
        return self.context.request.get(f"{self.address}/inpaint-anything/v1/{path}").json()

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

    def compared(self) -> FloatRect:
        """Where the result that is looked at is in the window."""
        frame = self.page.locator("#inpaint_anything .ia-compare-frame").bounding_box()
        assert frame is not None
        return frame

    def compared_no_more(self) -> None:
        """Wait until the picture is back."""
        self.page.locator("#inpaint_anything .ia-compare-frame").wait_for(state="hidden")

    def in_frame(self, place: Place, size: Place) -> Place:
        """Where a pixel of a result of that size is shown, in pixels of the window."""
        frame = self.compared()
        across, down = (place[0] + 0.5) / size[0], (place[1] + 0.5) / size[1]
        return frame["x"] + across * frame["width"], frame["y"] + down * frame["height"]

    # Seeing.

    def state(self) -> Any:
        """The workspace's state, as plain data."""
        return self.page.evaluate(f"() => JSON.parse(JSON.stringify({WORKSPACE}.state))")

    def soft_mask(self) -> np.ndarray:
        """uint8 HxW: the mask as it would be sent."""
        state = self.state()
        if not state["maskArea"]:
            return np.zeros((state["image"]["height"], state["image"]["width"]), np.uint8)
        mask = self.blob(f"{WORKSPACE}.maskBlob()")
        return mask if mask.ndim == 2 else mask[..., 0]

    def mask(self) -> np.ndarray:
        """bool HxW: that mask; half and more of white is inside."""
        return self.soft_mask() >= 128

    def mask_area(self) -> int:
        """How many pixels the page says are selected."""
        return self.state()["maskArea"]

    def rests(self) -> None:
        """Take the mouse off the canvas: what is under it is drawn too."""
        self.page.mouse.move(2, 2)
        self.settled()

    def shown(self, picture: np.ndarray) -> np.ndarray:
        """uint8, as `picture`: each of its pixels as the window shows it, without what floats over the canvas."""
        self.rests()
        left, top = self.on_screen((0, 0))
        right, bottom = self.on_screen((picture.shape[1] - 1, picture.shape[0] - 1))
        rows = np.linspace(top, bottom, picture.shape[0]).round().astype(int)
        columns = np.linspace(left, right, picture.shape[1]).round().astype(int)
        screen = self.page.screenshot(scale="css", style=".ia-float, .ia-messages { opacity: 0 }")
        return decoded(screen)[..., :3][np.ix_(rows, columns)]

    def draws(self, mask: np.ndarray, picture: np.ndarray) -> None:
        """Assert that the mask is what is drawn, by pixels away from edges and from marks."""
        smooth = cv2.blur(picture, (5, 5)).astype(int)
        changed = abs(cv2.blur(self.shown(picture), (5, 5)) - smooth).sum(axis=2) > 30
        edges = [cv2.morphologyEx(part, cv2.MORPH_GRADIENT, np.ones((9, 9))) for part in (picture, np.uint8(mask))]
        judged = (edges[0].max(axis=2) < 60) & (edges[1] == 0) & ~self._marks(mask.shape)
        assert changed[judged & mask].sum() >= 0.98 * (judged & mask).sum()
        assert changed[judged & ~mask].sum() <= 0.002 * (judged & ~mask).sum()

    def _marks(self, shape: tuple[int, ...]) -> np.ndarray:
        """bool HxW: where points and boxes may be drawn, and at its edge the ring of what has the focus."""
        marks = np.pad(np.zeros((shape[0] - 16, shape[1] - 16), np.uint8), 8, constant_values=1)
        for thing in self.state()["objects"]:
            for x, y, _ in thing["points"]:
                cv2.circle(marks, (round(x), round(y)), 14, 1, -1)
            if thing["box"]:
                left, top, right, bottom = thing["box"]
                cv2.rectangle(marks, (left, top), (right, bottom), 1, 9)
        return marks > 0

    def blob(self, expression: str) -> np.ndarray:
        """The pixels of a picture that an expression gives a Blob of."""
        return decoded(self.file(expression))

    def file(self, expression: str) -> bytes:
        """The bytes of a Blob that an expression gives."""
        return base64.b64decode(self.page.evaluate(f"async () => ({_AS_BASE64})(await {expression})"))

    def result(self) -> dict[str, Any]:
        """The newest result."""
        return self.state()["results"][-1]

    def result_file(self, kind: str = "url") -> bytes:
        """The file of the newest result; `beforeUrl` and `maskUrl` are the others."""
        return self.file(f"(await fetch({self.result()[kind]!r})).blob()")

    def canvas(self) -> FloatRect:
        """Where the canvas is in the window."""
        box = self.page.locator(CANVAS).first.bounding_box()
        assert box is not None
        return box

    def looks(self) -> np.ndarray:
        """uint8 HxWx3: what the window shows, one pixel for each of its own."""
        return decoded(self.page.screenshot(scale="css"))[..., :3]

    def sees(self, place: Place) -> np.ndarray:
        """The colour that is shown at a place in the picture: the median of 3x3 pixels around it."""
        return self.colour(self.on_screen(place))

    def colour(self, spot: Place) -> np.ndarray:
        """The colour that the window shows: the median of 3x3 pixels around a point of it."""
        x, y = (round(value) for value in spot)
        return np.median(self.looks()[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3), axis=0)

    def finds(self, colour: tuple[int, int, int]) -> Place:
        """The middle of all that has a colour on the canvas, in pixels of the window."""
        self.rests()
        canvas = self.canvas()
        left, top = round(canvas["x"]), round(canvas["y"])
        seen = self.looks()[top : top + int(canvas["height"]), left : left + int(canvas["width"])].astype(int)
        rows, columns = np.nonzero(abs(seen - colour).max(axis=2) < 25)
        return left + columns.mean(), top + rows.mean()

    def cursor(self) -> Place:
        """Where the keyboard's cursor is, in the picture."""
        cursor = self.page.evaluate(f"() => {WORKSPACE}.canvas.scene.cursor")
        return cursor["x"], cursor["y"]

    def rows(self) -> Locator:
        """The rows of the list of objects."""
        return self.page.locator("#inpaint_anything_objects li")

    def judged(self, what: str) -> list[Any]:
        """What a function of judge.js says of the look of the page."""
        return self.page.evaluate(f"() => {{ {JUDGE.read_text()}\nreturn {what}(); }}")

    def message(self) -> str:
        """What the newest message says; waits for one."""
        message = self.page.locator("#inpaint_anything .ia-message").last
        message.wait_for()
        return message.inner_text()

    def dismisses(self) -> None:
        """Close the newest message."""
        self.page.locator("#inpaint_anything .ia-message").last.get_by_role("button", name="Dismiss").click()

    @contextmanager
    def holds(self, pattern: str) -> Iterator[list[Route]]:
        """A server so slow that it answers requests to an address after the block; the last one first."""
        held: list[Route] = []
        done: list[bool] = []
        self.page.route(pattern, lambda route: route.continue_() if done else held.append(route))
        yield held
        done.append(True)
        for route in reversed(held):
            route.continue_()
        self.settled()

    def forgives(self, words: str, at_least: int = 1) -> None:
        """Take out of the troubles what a test brought about: a browser notes each request that fails."""
        forgiven = [trouble for trouble in self.troubles if words in trouble]
        assert len(forgiven) >= at_least, self.troubles
        self.troubles = [trouble for trouble in self.troubles if words not in trouble]

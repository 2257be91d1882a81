"""What a person sees of the page, and what is under it. Places are (x, y) in pixels of the picture."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from scenes import decoded

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, FloatRect, Locator, Page

WAIT = 60_000  # milliseconds, for everything that is waited for
WORKSPACE = "window.inpaintAnything.workspace"
CANVAS = "#inpaint_anything_workspace .ia-canvas"
Place = tuple[float, float]
_JUDGE = Path(__file__).with_name("judge.js")
_AS_BASE64 = """async (blob) => {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}"""


class Sight:
    """One tab of a browser."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.context = context
        self.page: Page = context.new_page()
        self.page.set_default_timeout(WAIT)

    # Waiting.

    def settled(self) -> None:
        """Wait until no request is under way, and what is drawn is up to date."""
        self.page.evaluate(f"() => {WORKSPACE}.settled()")

    def waits(self, condition: str, argument: Any = None) -> None:
        """Wait until that is true of the workspace's state: a JavaScript expression with `state` and `arg`."""
        self.page.wait_for_function(
            f"(arg) => {{ const state = {WORKSPACE}.state; return {condition}; }}", arg=argument
        )

    # What the page knows.

    def state(self) -> Any:
        """The workspace's state, as plain data."""
        return self.page.evaluate(f"() => JSON.parse(JSON.stringify({WORKSPACE}.state))")

    def picture(self) -> Any:
        """What is told of the picture that is open: id, width, height, name; None if there is none."""
        return self.state()["image"]

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

    def added_mask(self) -> np.ndarray:
        """uint8 HxW: the mask with what Remove adds to it, as it is drawn; the mask alone where it adds nothing."""
        values = self.page.evaluate(
            f"""() => {{
              const added = {WORKSPACE}.canvas.scene.added;
              return added?.soft ? Array.from(added.soft.values) : null;
            }}"""
        )
        mask = self.soft_mask()
        return mask if values is None else np.array(values, np.uint8).reshape(mask.shape)

    def mask_area(self) -> int:
        """How many pixels the page says are selected."""
        return self.state()["maskArea"]

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

    def cursor(self) -> Place:
        """Where the keyboard's cursor is, in the picture."""
        cursor = self.page.evaluate(f"() => {WORKSPACE}.canvas.scene.cursor")
        return cursor["x"], cursor["y"]

    def asks(self, path: str) -> Any:
        """What the server answers to this visitor at an address of the API."""
        return self.context.request.get(f"{self.address}/inpaint-anything/v1/{path}").json()

    # What is on the screen.

    def on_screen(self, place: Place) -> Place:
        """Where the middle of one of the picture's pixels is in the window, after scrolling to the canvas."""
        self.page.locator(CANVAS).first.evaluate("(canvas) => canvas.scrollIntoView({ block: 'nearest' })")
        shown = self.page.evaluate(f"([x, y]) => {WORKSPACE}.toScreen(x, y)", [place[0] + 0.5, place[1] + 0.5])
        return shown["x"], shown["y"]

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
        """Assert that the mask is what is drawn, by pixels away from edges, from marks, and from what Remove adds."""
        smooth = cv2.blur(picture, (5, 5)).astype(int)
        changed = abs(cv2.blur(self.shown(picture), (5, 5)) - smooth).sum(axis=2) > 30
        edges = [cv2.morphologyEx(part, cv2.MORPH_GRADIENT, np.ones((9, 9))) for part in (picture, np.uint8(mask))]
        edges[1] |= cv2.dilate(np.uint8(mask), np.ones((25, 25))) - np.uint8(mask)
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

    def rows(self) -> Locator:
        """The rows of the list of objects."""
        return self.page.locator("#inpaint_anything_objects li")

    def judged(self, what: str) -> list[Any]:
        """What a function of judge.js says of the look of the page."""
        return self.page.evaluate(f"() => {{ {_JUDGE.read_text()}\nreturn {what}(); }}")

    def message(self) -> str:
        """What the newest message says; waits for one."""
        message = self.page.locator("#inpaint_anything .ia-message").last
        message.wait_for()
        return message.inner_text()

    def dismisses(self) -> None:
        """Close the newest message."""
        self.page.locator("#inpaint_anything .ia-message").last.get_by_role("button", name="Dismiss").click()

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

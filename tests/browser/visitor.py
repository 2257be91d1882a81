"""A person at the page: what they see (sight.py), what they do (gestures.py), how they come, go and bring pictures."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple, Optional

from gestures import Gestures
from sight import CANVAS, WORKSPACE

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Route


class File(NamedTuple):
    """A file on the person's disk."""

    name: str
    data: bytes
    type: str = "image/png"


class Visitor(Gestures):
    """One tab of a browser. `troubles`: what was written to its console as an error, and failed requests."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        super().__init__(context, address)
        self.troubles: list[str] = []
        self.page.on("console", lambda message: self._note(message.type, message.text, message.location["url"]))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        # the browser hands us its choosers from the first listener on; telling it so may take longer than a key press
        self.page.on("filechooser", lambda chooser: None)

    def _note(self, kind: str, text: str, url: str) -> None:
        if kind == "error":
            self.troubles.append(f"{text} ({url})")

    def forgives(self, words: str, at_least: int = 1) -> None:
        """Take out of the troubles what a test brought about: a browser notes each request that fails."""
        forgiven = [trouble for trouble in self.troubles if words in trouble]
        assert len(forgiven) >= at_least, self.troubles
        self.troubles = [trouble for trouble in self.troubles if words not in trouble]

    # The page itself.

    def comes(self) -> Visitor:
        """Open the page and wait until it can be used."""
        self.page.goto(self.address)
        self.ready()
        return self

    def reloads(self) -> None:
        """Reload the page, at once after the last change."""
        self.page.reload()
        self.ready()

    def slows(self, factor: float) -> None:
        """From now on, this tab is on a computer that is so many times slower."""
        self.context.new_cdp_session(self.page).send("Emulation.setCPUThrottlingRate", {"rate": factor})

    def ready(self) -> None:
        """Wait until the page stands; in a WebUI, choose its tab."""
        self.page.wait_for_function(f"() => window.inpaintAnything && {WORKSPACE}")
        tab = self.page.locator("#tabs > .tab-nav button:visible", has_text="Inpaint Anything")
        tab = tab.or_(self.page.locator("[tabitemid$='#tab_inpaint_anything_page_tabitem']"))  # SD.Next's
        tab.or_(self.page.locator(CANVAS).first).first.wait_for()
        if tab.count():
            tab.click()
        self.page.locator(CANVAS).first.wait_for()
        self.settled()

    def leaves(self) -> None:
        self.context.close()

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

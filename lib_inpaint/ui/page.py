"""The tab as a page of its own: `inpaint-anything serve`."""

from __future__ import annotations

import base64
import json
from typing import Any, Optional

from ..host import Host
from ..schema import Settings
from .compat import blocks, listen, mount
from .tab import page_context, tab

_START = """async () => {
  const main = await import(new URL("inpaint-anything/page/main.mjs", document.baseURI).href);
  const page = await main.start();
  const photo = %s;
  await page.workspace.settled();
  if (photo && !page.workspace.state.image) page.open(photo, "photo");
  return [];
}"""


def add(app: Any, host: Host, photo: Optional[bytes] = None, root_path: str = "") -> None:
    """Answer "/" of a FastAPI application with the page.

    photo: a JPEG that is open in it, for who has no picture open yet. root_path: what a proxy takes off the addresses.
    """
    address = photo and f"data:image/jpeg;base64,{base64.b64encode(photo).decode()}"
    with blocks("Inpaint Anything") as page:
        tab(page_context(host, Settings()))
        listen(page.load, _START % json.dumps(address))
    mount(app, page, root_path)

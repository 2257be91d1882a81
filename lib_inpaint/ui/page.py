"""The tab as a page of its own: `inpaint-anything serve`."""

from __future__ import annotations

import base64
import json
from types import MappingProxyType
from typing import Any, Mapping, Optional

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


def add(
    app: Any,
    host: Host,
    photo: Optional[bytes] = None,
    root_path: str = "",
    serves: Mapping[str, bool] = MappingProxyType({}),
) -> None:
    """Answer "/" of a FastAPI application with the page.

    photo: a JPEG that is open in it, for who has no picture open yet. root_path: what a proxy takes off the addresses.
    serves: settings of the page: "folder", whether there is one to list, and "save", whether results are saved.
    """
    address = photo and f"data:image/jpeg;base64,{base64.b64encode(photo).decode()}"
    with blocks("Inpaint Anything") as page:
        context = page_context(host, Settings())
        tab(context._replace(settings={**context.settings, **{name: on for name, on in serves.items() if on}}))
        listen(page.load, _START % json.dumps(address))
    mount(app, page, root_path)

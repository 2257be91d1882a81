"""What works in which WebUI: docs/hosts.md has a column for each, which is made and held here.

    WEBUI_NAME=reForge WEBUI_ROOT=... WEBUI_PYTHON=... WEBUI_MODELS=... python tests/webui/test_hosts.py

starts that WebUI as a person does (process.py says what is to be named), tries each row, and writes what came out into
the column of that name. As tests, the same has to come out as stands there.
"""

from __future__ import annotations

import functools
import json
import os
import re
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

import cv2
import numpy as np
import pytest
from pictures import as_pixels, as_text, asks, photo, square
from process import kind_of, missing, named, serving

sys.path += [str(Path(__file__).resolve().parents[1] / "browser"), str(Path(__file__).resolve().parents[2])]

import chromium
from people import THINGS
from scenes import RED, decoded, encoded, overlap, things
from visitor import File, Visitor

from lib_inpaint import schema

PAGE = Path(__file__).parents[2] / "docs" / "hosts.md"
BEGIN, END = "<!-- made by tests/webui/test_hosts.py -->\n", "<!-- end -->\n"
SENT = {"img2img": "#img2img_image", "inpaint": "#img2maskimg", "extras": "#extras_image"}
SHOWS = "([field, width]) => [...document.querySelectorAll(`${field} img`)].some((i) => i.naturalWidth === width)"
PATIENCE = 600_000  # milliseconds; SD.Next's page takes minutes on a slow machine
NOT_TRIED = "not tried"
SAMPLED = {"prompt": "a lawn", "steps": 2, "seed": 7, "sampler": "Euler"}
SCRIPTS = {
    "point_mask": ("Inpaint Anything: point mask", schema.PointMaskRequest),
    "lama_prefill": ("Inpaint Anything: LaMa pre-fill", schema.PrefillRequest),
    "outpainting": ("Inpaint Anything: outpaint", schema.OutpaintRequest),
    "image_cfg": ("Inpaint Anything: image CFG", schema.ImageCfgRequest),
}


class Site:
    """A running WebUI. What a method gives is why something cannot be there, in words; empty where it can."""

    def __init__(self, address: str, log: Path) -> None:
        self.address, self.log = address, log
        self.kind = kind_of(Path(os.environ["WEBUI_ROOT"]))
        self._open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        # see pictures.body for the first; others of the second would be downloaded
        self.call("/sdapi/v1/options", {"emphasis": "No norm", "show_progress_type": "Approx cheap"})

    def call(self, path: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"})
        try:
            with self._open(request, timeout=600) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def asks(self, route: str, checkpoint: str = "", **body: Any) -> tuple[str, list[np.ndarray]]:
        """Ask one of our routes with a small picture: why not, and the pictures."""
        if checkpoint:
            self.chooses(checkpoint)
        status, answer = self.call(f"/inpaint-anything/v1/{route}?wait=60", {"image": as_text(photo()), **body})
        if status == 202:
            return self.finished(answer["job"])
        if status != 200:
            return refused(answer["error"], status), []
        files = [one["file"] for one in answer["images"]] if "images" in answer else ["image"]
        return "", [as_pixels(answer[file]["data"]) for file in files]

    def finished(self, job: str) -> tuple[str, list[np.ndarray]]:
        """As `asks`, of what took longer than it waits."""
        while (now := self.call(f"/inpaint-anything/v1/jobs/{job}")[1])["state"] in ("queued", "running"):
            time.sleep(1)
        if now["state"] != "done":
            return now["error"]["error"], []
        urls = [now["result"][one["file"]]["url"] for one in now["result"]["images"]]
        return "", [decoded(self._open(f"{self.address}/inpaint-anything/v1/{url}").read())[..., :3] for url in urls]

    def runs(
        self, home: str, values: dict[str, Any], checkpoint: str = "tiny", way: str = "img2img", **body: Any
    ) -> tuple[str, np.ndarray]:
        """Run one of our scripts of img2img or txt2img: why not, and the picture."""
        title, kind = SCRIPTS[home]
        if title.lower() not in self.call("/sdapi/v1/scripts")[1][way]:
            return self.said(f"the script {home}"), photo()
        self.chooses(checkpoint)
        told = {"prompt": "a lawn", "seed": 7, "steps": 2, "width": 64, "height": 64, "sampler_name": "Euler"}
        told |= {"init_images": [as_text(photo())], "mask_blur": 0} if way == "img2img" else {}
        status, answer = self.call(f"/sdapi/v1/{way}", {**told, **asks(title, kind, **values), **body})
        if status != 200:
            return refused(answer.get("errors") or answer.get("message"), status), photo()
        return "", as_pixels(answer["images"][0])

    def said(self, what: str) -> str:
        """What the log says of something that cannot be had."""
        found = re.search(rf"{what} cannot be had in this WebUI: (.*?)( \(.*)?\.\n", self.log.read_text())
        assert found is not None, f"the log does not say why there is no {what}"
        return found[1]

    def chooses(self, checkpoint: str) -> None:
        self.call("/sdapi/v1/options", {"sd_model_checkpoint": f"{named(self.kind, checkpoint)}.safetensors"})

    @functools.cached_property
    def visit(self) -> dict[str, str]:
        """What a person finds in the tab, by what they do there."""
        found: dict[str, str] = {}
        with chromium.running() as browser:
            context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
            visitor = Visitor(context, self.address)
            visitor.page.set_default_timeout(PATIENCE)
            visitor.comes()
            names = [f"#setting_inpaint_anything_{field.name}" for field in schema.fields_of(schema.Settings)]
            found["settings"] = ", ".join(name for name in names if not visitor.page.locator(name).count())
            visitor.opens(File(THINGS.name, encoded(things())))
            visitor.clicks(RED.centre)
            found["click"] = "" if overlap(visitor.mask(), RED.mask) > 0.99 else "something else is selected"
            visitor.runs("remove")
            near = cv2.dilate(RED.mask.astype(np.uint8), np.ones((33, 33)))
            result, same = decoded(visitor.result_file()), near == 0
            found["remove"] = "" if (result[same] == things()[same]).all() else "something else is removed"
            for name, field in SENT.items():
                button = visitor.button(f"Send to {name}")
                if not button.count():
                    found[name] = "its page has no such field"
                    continue
                button.click()
                visitor.page.wait_for_function(SHOWS, arg=[field, 640])
                found[name] = ""
                visitor.ready()
            context.close()
        return found


def refused(error: str, status: int) -> str:
    return f"{error} (HTTP {status})".replace("forge-tiny", "tiny")


def painted(site: Site, **body: Any) -> str:
    """The route of Fill; what is not masked is the picture."""
    how = {**SAMPLED, "width": 64, "height": 64, "feather": 0, **body}
    why, made = site.asks("inpaint", mask=as_text(square()), **how)
    for one in made:
        inside = (square() > 0) != bool(body.get("invert"))
        assert (one[~inside] == photo()[~inside]).all()
        assert (one[inside] != photo()[inside]).any(axis=1).mean() > 0.9
    return why


def scripted(site: Site, home: str, **more: Any) -> str:
    """A script with the red square masked or pointed at; what is not is the picture."""
    why, made = site.runs(home, **more)
    if not why:
        assert (made[square() == 0] == photo()[square() == 0]).mean() > 0.9
        assert (made[square() > 0] != photo()[square() > 0]).any(axis=1).mean() > 0.9
    return why


def erased(site: Site) -> str:
    why, (made,) = site.asks("erase", mask=as_text(square()), eraser="telea")
    assert (made[square() == 0] == photo()[square() == 0]).all()
    assert (made[square() > 0] != photo()[square() > 0]).any(axis=1).mean() > 0.9
    return why


def extended(site: Site) -> str:
    why, made = site.asks("outpaint", "tiny", left=16, window=64, **SAMPLED)
    for one in made:
        assert one.shape == (64, 80, 3)
        assert (one[:, 16 + 8 :] == photo()[:, 8:]).all()
    return why


def outpainted(site: Site) -> str:
    why, made = site.runs("outpainting", {"masked_content": "edge", "pixels": 16, "direction": ["left"]})
    assert why or (made[:, 16 + 8 :] == photo()[:, 8:]).all()
    return why


def edited(site: Site) -> str:
    why, made = site.asks("edit", "tiny-ip2p", **SAMPLED)
    assert why or np.ptp(made[0]) > 50
    return why


def guided(site: Site, way: str) -> str:
    """Two scales of the picture give two pictures."""
    made = [site.runs("image_cfg", {"image_cfg": scale, "text_cfg": 7.5}, "tiny-ip2p", way) for scale in (1.0, 3.0)]
    assert made[0][0] or way == "txt2img" or (made[0][1] != made[1][1]).any()
    return made[0][0]


def unknown_sampler(site: Site) -> str:
    why = painted(site, sampler="no such sampler")
    return "" if why.startswith("sampler: there is no no such sampler") else why or "it took another one"


def axes(site: Site) -> str:
    """Of X/Y/Z plot."""
    told = next((one for one in site.call("/sdapi/v1/script-info")[1] if one["name"] == "x/y/z plot"), None)
    offered = [] if told is None else [str(choice) for arg in told["args"] for choice in arg.get("choices") or []]
    return "" if any("[Inpaint Anything]" in choice for choice in offered) else site.said("the script image_cfg")


def log(site: Site) -> str:
    """Asked last."""
    told = site.log.read_text(errors="replace")
    faults = [part for part in told.split("Traceback")[1:] if "lib_inpaint" in part[:3000]]
    assert not faults, faults[0][:3000]
    return ""


ROWS: dict[str, Callable[[Site], str]] = {
    "the tab opens, and a click selects": lambda site: site.visit["click"],
    "*Remove* in the tab": lambda site: site.visit["remove"],
    "the routes: *Remove* by a mask": erased,
    "our section of its settings": lambda site: site.visit["settings"],
    "*Fill*": lambda site: painted(site, checkpoint="tiny"),
    "*Background*": lambda site: painted(site, checkpoint="tiny", invert=True),
    "*Extend* from a prompt": extended,
    "*Edit*": edited,
    "*Fill* with an inpainting checkpoint": lambda site: painted(site, checkpoint="tiny-inpainting"),
    "*Fill* with an instruct-pix2pix checkpoint": lambda site: painted(site, checkpoint="tiny-ip2p"),
    "a schedule besides the sampler": lambda site: painted(site, checkpoint="tiny", scheduler="Karras"),
    "a sampler that is not there is refused": unknown_sampler,
    "*point mask*": lambda site: scripted(site, "point_mask", values={"points": "32,32", "segmenter": "classic"}),
    "*LaMa pre-fill*": lambda site: scripted(site, "lama_prefill", values={"eraser": "telea"}, mask=as_text(square())),
    "*outpaint*": outpainted,
    "*image CFG* in img2img": lambda site: guided(site, "img2img"),
    "*image CFG* in txt2img": lambda site: guided(site, "txt2img"),
    "axes of X/Y/Z plot": axes,
    "*Send to img2img*": lambda site: site.visit["img2img"],
    "*Send to inpaint*": lambda site: site.visit["inpaint"],
    "*Send to extras*": lambda site: site.visit["extras"],
    "nothing of ours is a fault in its log": log,
}


@contextmanager
def started() -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "log.txt") as address:
        yield Site(address, Path(folder) / "log.txt")


def written() -> dict[str, dict[str, str]]:
    """The table on the page: by WebUI and row, why not."""
    made = PAGE.read_text("utf-8").split(BEGIN)[1].split(END)[0]
    table, _, below = made.partition("\n\n")
    notes = dict(re.findall(r"^(\d+)\. (.*)$", below, re.MULTILINE))
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line]
    columns = lines[0][1:] if lines else []
    rows = [(row, dict(zip(columns, cells))) for row, *cells in lines[2:]]
    return {
        name: {row: notes.get(cells[name][4:-1], "") for row, cells in rows if cells[name] != NOT_TRIED}
        for name in columns
    }


def page(columns: dict[str, dict[str, str]]) -> str:
    """The table, and below it why what is not there is not."""
    notes = list(dict.fromkeys(columns[name][row] for row in ROWS for name in columns if columns[name].get(row)))
    lines = [["", *columns], ["---"] * (len(columns) + 1)]
    for row in ROWS:
        found = [columns[name].get(row, NOT_TRIED) for name in columns]
        lines.append([row, *(f"no ({notes.index(why) + 1})" if why in notes else why or "yes" for why in found)])
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    return table + "\n" + "".join(f"{number}. {why}\n" for number, why in enumerate(notes, 1))


def write() -> None:
    """Put what comes out now into the page's column of this WebUI."""
    found: dict[str, str] = {}
    with started() as site:
        for row, tried in ROWS.items():
            found[row] = tried(site)
            print(f"{row}: {found[row] or 'yes'}", flush=True)
    columns = {**written(), os.environ["WEBUI_NAME"]: found}
    before, rest = PAGE.read_text("utf-8").split(BEGIN)
    PAGE.write_text(before + BEGIN + page(columns) + END + rest.split(END)[1], "utf-8")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    lacks = [name for name in ("WEBUI_NAME", *missing()) if not os.environ.get(name)]
    if lacks:
        pytest.skip(f"needs a real WebUI: set {', '.join(lacks)} (see tests/webui/process.py)")
    with started() as site:
        yield site


@pytest.mark.parametrize("row", ROWS)
def test_what_the_page_says_is_so(site: Site, row: str) -> None:
    assert ROWS[row](site) == written()[os.environ["WEBUI_NAME"]][row]


if __name__ == "__main__":
    write()

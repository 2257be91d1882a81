"""The tab in a real A1111 or Forge that asks for a password; process.py says what the environment has to name.

The story of tests/browser/ is told again here, in the WebUI's page; then what only a WebUI can do. The checkpoint is a
small one whose pictures mean nothing, so that what is looked at is where pixels changed and what reached the pipeline.
"""

from __future__ import annotations

import base64
import io
import json
import re
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

import cv2
import numpy as np
import pytest
from fakes.infotext import parse
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from process import START_SECONDS, missing, serving

sys.path.append(str(Path(__file__).resolve().parents[1] / "browser"))

from people import THINGS, browser, chromium_or_skip, visit
from scenes import BLUE, RED, YELLOW, decoded, encoded, overlap, things
from test_onward import test_a_result_is_what_is_seen_and_the_input_of_the_next_step_and_back
from test_open import test_a_file_a_drop_and_a_paste_each_open_their_picture
from test_reload import (
    test_a_picture_is_there_at_once,
    test_the_last_click_is_there_at_once_and_can_be_undone,
)
from test_remove import (
    test_before_and_after_are_compared_by_pointer_and_by_keys,
    test_remove_replaces_what_is_selected_and_nothing_else,
    test_what_is_downloaded_is_what_the_server_made,
)
from test_select import (
    test_a_box_is_dragged_from_any_corner,
    test_a_click_selects_the_thing_and_shows_it,
    test_a_place_is_left_out,
    test_the_brush_adds_and_the_eraser_takes_away,
    test_the_form_changes_the_mask_that_is_drawn,
    test_things_in_the_list_are_hidden_shown_and_removed,
    test_undo_and_redo_by_keys_and_by_buttons,
)
from test_trouble import test_a_reload_keeps_the_work, test_two_people_never_meet
from test_ways import test_a_narrow_window_cuts_nothing_off, test_everything_is_legible
from visitor import File, Visitor

SCRIPT = "#script_inpaint_anything_point_mask_"
API, LOGIN = ("program", "api-secret"), ("person", "page-secret")

__all__ = [
    "browser",
    "test_a_box_is_dragged_from_any_corner",
    "test_a_click_selects_the_thing_and_shows_it",
    "test_a_file_a_drop_and_a_paste_each_open_their_picture",
    "test_a_narrow_window_cuts_nothing_off",
    "test_a_picture_is_there_at_once",
    "test_a_place_is_left_out",
    "test_a_reload_keeps_the_work",
    "test_a_result_is_what_is_seen_and_the_input_of_the_next_step_and_back",
    "test_before_and_after_are_compared_by_pointer_and_by_keys",
    "test_everything_is_legible",
    "test_remove_replaces_what_is_selected_and_nothing_else",
    "test_the_brush_adds_and_the_eraser_takes_away",
    "test_the_form_changes_the_mask_that_is_drawn",
    "test_the_last_click_is_there_at_once_and_can_be_undone",
    "test_things_in_the_list_are_hidden_shown_and_removed",
    "test_two_people_never_meet",
    "test_undo_and_redo_by_keys_and_by_buttons",
    "test_what_is_downloaded_is_what_the_server_made",
    "visit",
]


class Host(NamedTuple):
    """A running WebUI, as people.Site."""

    address: str
    log: Path

    def is_noise(self, trouble: str) -> bool:
        """What the WebUI's own page writes to the console is not ours."""
        return "inpaint" not in trouble

    def welcomes(self, visitor: Visitor) -> None:
        """Log in."""
        form = {"username": LOGIN[0], "password": LOGIN[1]}
        assert visitor.context.request.post(f"{self.address}/login", form=form).ok

    def starts(self) -> int:
        """How many times it has started."""
        return self._count("Startup time")

    def restarts(self) -> int:
        """How many times its page was made anew."""
        return self._count("Restarting UI")

    def says(self, words: str, times: int) -> None:
        """Wait until it has written that so many times."""
        deadline = time.monotonic() + START_SECONDS
        while self._count(words) < times:
            assert time.monotonic() < deadline, self.log.read_text(errors="replace")[-3000:]
            time.sleep(0.2)

    def _count(self, words: str) -> int:
        return self.log.read_text(errors="replace").count(words)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    if missing():
        pytest.skip(f"needs a real WebUI: set {', '.join(missing())} (see tests/webui/process.py)")
    chromium_or_skip()
    log = tmp_path_factory.mktemp("webui") / "log.txt"
    with serving(log, "--api-auth", ":".join(API), "--gradio-auth", ":".join(LOGIN)) as address:
        yield Host(address, log)


@pytest.fixture
def visitor(visit: Callable[..., Visitor]) -> Visitor:
    """A person who has logged in and opened the picture of scenes.things()."""
    visitor = visit().comes()
    visitor.opens(THINGS)
    return visitor


def shown_in(visitor: Visitor, field: str) -> np.ndarray:
    """The picture that one of the WebUI's picture fields shows."""
    visitor.page.locator(f"{field} img").first.wait_for()
    source = visitor.page.locator(f"{field} img").first.get_attribute("src")
    return decoded(visitor.file(f"(await fetch({source!r})).blob()"))[..., :3]


def sets(visitor: Visitor, field: str, value: Any) -> None:
    """Type a number or a text into a field of the WebUI's."""
    entry = visitor.page.locator(f"{field} :is(input[type=number], textarea)").first
    entry.fill(str(value))
    entry.blur()


def read_in(visitor: Visitor, field: str) -> str:
    """What a text or a number of the WebUI's says."""
    return visitor.page.locator(f"{field} :is(input[type=number], textarea)").first.input_value()


def opens_tab(visitor: Visitor, name: str) -> None:
    visitor.page.locator("#tabs > .tab-nav button").filter(
        has_text=re.compile(rf"^\s*{name}\s*$", re.IGNORECASE)
    ).click()


def fills(visitor: Visitor, steps: int) -> None:
    """What Fill needs to be quick."""
    visitor.goes_to("fill")
    visitor.fills_in("fill", "prompt", "a lake")
    for name, value in (("steps", steps), ("width", 64), ("height", 64), ("seed", 7)):
        visitor.fills_in("fill", name, value)


def outside(mask: np.ndarray, pixels: int) -> np.ndarray:
    """bool HxW: what is farther than that from what is selected in a bool HxW mask."""
    near = cv2.dilate(mask.astype(np.uint8), np.ones((2 * pixels + 1, 2 * pixels + 1)))
    return near == 0


def test_nobody_sees_the_page_without_the_password(visit: Callable[..., Visitor]) -> None:
    stranger = visit(welcome=False)
    assert stranger.context.request.get(f"{stranger.address}/inpaint-anything/v1/info").status == 401
    stranger.page.goto(stranger.address)
    stranger.page.get_by_role("button", name="Login").wait_for()
    assert stranger.page.locator("#inpaint_anything").count() == 0
    stranger.forgives("401")


def test_all_actions_stand_in_one_line(visitor: Visitor) -> None:
    tabs = visitor.page.locator("#inpaint_anything_actions > .tab-nav > button:visible")
    assert len({tab.bounding_box()["y"] for tab in tabs.all()}) == 1
    assert tabs.count() == 6


def test_fill_goes_through_the_pipeline_and_respects_the_mask(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    mask = visitor.mask()
    fills(visitor, steps=2)
    about = visitor.runs("fill")
    result, picture = decoded(visitor.result_file()), things()
    far = outside(mask, 16)  # the feather's width
    assert (result[far] == picture[far]).all()
    assert (result[RED.mask] != picture[RED.mask]).any(axis=1).mean() > 0.9
    assert about["infotext"].startswith("a lake")
    for part in ("Steps: 2", "Seed: 7", "Model: "):
        assert part in about["infotext"]
    assert about["saved"].endswith(".png")


def test_extend_goes_past_the_edges_from_a_prompt(visit: Callable[..., Visitor]) -> None:
    visitor, picture = visit().comes(), things()[100:196, 100:221]
    visitor.opens(File("part.png", encoded(picture)))
    visitor.goes_to("extend")
    visitor.fills_in("extend", "prompt", "a hill")
    for name, value in (("left", 33), ("up", 9), ("steps", 1), ("seed", 7), ("window", 128)):
        visitor.fills_in("extend", name, value)
    about = visitor.runs("extend")
    result = decoded(visitor.result_file())
    height, width = picture.shape[:2]
    assert (about["width"], about["height"]) == (width + 33, height + 9)
    assert about["offset"] == [33, 9]  # so that before and after are compared in their places
    assert (result[9 + 8 :, 33 + 8 :] == picture[8:, 8:]).all()  # but for the blend
    assert about["infotext"].startswith("a hill")
    for part in ("Seed: 7", f"Size: {width + 33}x{height + 9}", "Outpaint left: 33", "Inpaint Anything: extend"):
        assert part in about["infotext"]
    visitor.button("Undo").click()  # the result is the picture
    visitor.settled()
    visitor.fills_in("extend", "prompt", "something else")
    visitor.fills_in("extend", "left", 0)
    visitor.page.locator("#inpaint_anything_read .label-wrap").click()
    visitor.page.locator("#inpaint_anything_parameters textarea").fill(about["infotext"])
    visitor.page.locator("#inpaint_anything_read_text").click()
    visitor.page.wait_for_function(
        """() => document.querySelector("#inpaint_anything_extend_prompt textarea").value === "a hill"
          && document.querySelector("#inpaint_anything_extend_left input[type=number]").value === "33\"""",
    )
    assert visitor.runs("extend")["infotext"] == about["infotext"]  # that it is the same picture: see test_extend.py


def test_the_keys_of_the_webui_work_in_our_tab(visitor: Visitor) -> None:
    """Also where no field of ours has the focus: then it is the WebUI's own script that presses our buttons."""
    failed: list[str] = []
    visitor.page.on("pageerror", lambda error: failed.append(str(error)))
    fills(visitor, steps=1)
    prompt = visitor.page.locator("#inpaint_anything_fill_prompt textarea")
    elsewhere = visitor.page.locator("#quicksettings input").first
    for field, count in ((prompt, 1), (elsewhere, 2)):
        visitor.clicks(RED.centre)
        field.focus()
        visitor.page.keyboard.press("Control+Enter")
        visitor.waits("!state.running && state.results.length === arg", count)
    fills(visitor, steps=150)
    for key in ("Alt+Enter", "Escape"):
        visitor.clicks(RED.centre)
        prompt.focus()
        visitor.page.keyboard.press("Control+Enter")
        visitor.waits("state.busy?.fraction > 0 && state.busy.canStop")
        visitor.page.keyboard.press(key)
        visitor.waits("!state.running")
    assert len(visitor.state()["results"]) == 3, "what was skipped is kept as far as it was made"
    for key in ("Alt+Enter", "Escape"):
        visitor.page.keyboard.press(key)  # with nothing under way
    assert failed == []


def test_stop_ends_the_sampling(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    fills(visitor, steps=150)
    visitor.fills_in("fill", "batch_count", 20)
    job = visitor.starts("fill")
    visitor.waits("state.busy && state.busy.fraction > 0")
    assert visitor.stops(job) in ("cancelled", "running")  # the step under way is finished
    visitor.page.wait_for_function(
        "async (address) => (await (await fetch(address)).json()).state === 'cancelled'",
        arg=f"{visitor.address}/inpaint-anything/v1/jobs/{job}",
    )
    assert visitor.state()["results"] == []
    fills(visitor, steps=1)
    visitor.fills_in("fill", "batch_count", 1)
    visitor.runs("fill")


def test_sampling_goes_on_over_a_reload(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    mask = visitor.mask()
    fills(visitor, steps=60)
    job = visitor.starts("fill")
    visitor.waits("state.busy?.fraction > 0")
    visitor.reloads()
    visitor.waits("state.results.length && !state.busy")
    assert [(one["id"], one["action"]) for one in visitor.state()["results"]] == [(f"{job}-0", "fill")]
    result, picture = decoded(visitor.result_file()), things()
    far = outside(mask, 16)
    assert (result[far] == picture[far]).all()
    assert (result[RED.mask] != picture[RED.mask]).any(axis=1).mean() > 0.9


def test_a_mask_is_sent_to_inpaint_upload(visitor: Visitor) -> None:
    visitor.clicks(BLUE.centre)
    visitor.goes_to("mask")
    visitor.button("Send to img2img, Inpaint upload").click()
    told = visitor.page.locator("#inpaint_anything .ia-message", has_text="were sent")
    told.wait_for(state="attached")  # the WebUI shows its own tab now
    assert (shown_in(visitor, "#img_inpaint_base") == things()).all()
    assert overlap(shown_in(visitor, "#img_inpaint_mask")[..., 0] > 127, BLUE.mask) == 1
    visitor.ready()
    visitor.adds(YELLOW.centre)
    told.wait_for(state="detached")  # good news go away by themselves
    visitor.button("Send to img2img, Inpaint upload").click()  # again, over what is there
    told.wait_for(state="attached")
    assert overlap(shown_in(visitor, "#img_inpaint_mask")[..., 0] > 127, BLUE.mask | YELLOW.mask) == 1


def test_a_selection_is_sent_to_the_point_mask_script_and_runs(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    visitor.clicks((5, 5), button="right")
    visitor.presses("n")
    visitor.boxes(350, 110, 530, 270)
    visitor.fills_in("mask", "grow", 3)
    mask = visitor.mask()
    visitor.goes_to("mask")
    for _ in range(2):  # the second time over what is there
        visitor.button("Send to img2img, point mask script").click()
        told = visitor.page.locator("#inpaint_anything .ia-message", has_text="The script makes the mask anew")
        told.wait_for(state="attached")
        assert (shown_in(visitor, "#img2img_image") == things()).all()
        script = visitor.page.locator("#img2img_script_container #script_list input")
        assert script.input_value() == "Inpaint Anything: point mask"
        objects = json.loads(read_in(visitor, f"{SCRIPT}points"))["objects"]
        assert [[*map(int, point)] for point in objects[0]["points"]] == [[*RED.centre, 1], [5, 5, 0]]
        assert np.abs(np.subtract(objects[1]["box"], (350, 110, 530, 270))).max() <= 2
        assert read_in(visitor, f"{SCRIPT}grow") == "3"
        visitor.ready()
        told.wait_for(state="detached")
    opens_tab(visitor, "img2img")
    for field, value in (("prompt", "a lake"), ("steps", 1), ("width", 64), ("height", 64)):
        sets(visitor, f"#img2img_{field}", value)
    visitor.page.locator("#img2img_generate").click()
    thumbnail = "#img2img_gallery .thumbnail-item img"  # before it is there, a preview is
    visitor.page.locator(thumbnail).first.wait_for()
    made = visitor.file(f"(await fetch(document.querySelector({thumbnail!r}).src)).blob()")
    result, picture = decoded(made)[..., :3], things()  # Forge may write parameters into an alpha channel
    far = outside(mask, 16)
    assert (result[far] == picture[far]).all()
    for thing in (RED, BLUE):
        assert (result[thing.mask] != picture[thing.mask]).any(axis=1).mean() > 0.9
    text = Image.open(io.BytesIO(made)).info["parameters"]
    assert 'Script: "Inpaint Anything: point mask"' in text
    assert json.loads(parse(text)["Points"])["objects"] == objects


def test_pictures_come_from_a_gallery_and_from_png_info(visit: Callable[..., Visitor]) -> None:
    visitor = visit().comes()
    opens_tab(visitor, "txt2img")
    for field, value in (("prompt", "a hill"), ("neg_prompt", "fog"), ("steps", 1), ("width", 128), ("height", 64)):
        sets(visitor, f"#txt2img_{field}", value)
    visitor.page.locator("#txt2img_generate").click()
    visitor.page.locator("#txt2img_gallery img").first.wait_for()
    visitor.page.locator("#txt2img_send_to_inpaint_anything").click()
    visitor.opened()
    first = visitor.picture()
    assert (first["width"], first["height"]) == (128, 64)
    holds(visitor, "a hill", "fog")
    opens_tab(visitor, "PNG Info")
    told = PngInfo()
    told.add_text(
        "parameters", "a lake,\nat dawn\nNegative prompt: rain\nSteps: 1, Sampler: Euler, Seed: 7, Size: 640x480"
    )
    visitor.page.locator("#pnginfo_image input[type=file]").set_input_files(
        [{"name": "info.png", "mimeType": "image/png", "buffer": encoded(things(), pnginfo=told)}]
    )
    visitor.page.locator("#pnginfo_image img").first.wait_for()
    visitor.page.locator("#tab_pnginfo", has_text="a lake").wait_for()
    visitor.page.locator("#inpaint_anything_from_pnginfo").click()
    visitor.opened(first)
    assert (decoded(visitor.file("window.inpaintAnything.workspace.imageBlob()"))[..., :3] == things()).all()
    holds(visitor, "a lake,\nat dawn", "rain")


def holds(visitor: Visitor, prompt: str, negative: str) -> None:
    """Those are the prompts of the actions that describe a picture; an instruction is something else."""
    for action, expected in (("fill", prompt), ("background", prompt), ("extend", prompt), ("edit", "")):
        visitor.page.wait_for_function(
            """([action, expected]) => ["prompt", "negative_prompt"].every((name, index) =>
              document.querySelector(`#inpaint_anything_${action}_${name} textarea`)?.value === expected[index])""",
            arg=[action, [expected, negative if expected else ""]],
        )


def asks(server: Host, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """One request of a program to our routes."""
    request = urllib.request.Request(f"{server.address}/inpaint-anything/v1/{path}", method=method)
    request.add_header("Authorization", "Basic " + base64.b64encode(":".join(API).encode()).decode())
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, None if body is None else json.dumps(body).encode(), timeout=60) as answer:
        return json.loads(answer.read() or b"{}")


def becomes(server: Host, job: str, *statuses: str) -> dict[str, Any]:
    """The job when it has one of these statuses."""
    deadline = time.monotonic() + 120
    while (now := asks(server, "GET", f"jobs/{job}"))["state"] not in statuses:
        assert time.monotonic() < deadline, now
        time.sleep(0.2)
    return now


def reload_ui(visitor: Visitor, server: Host) -> None:
    """Press "Reload UI" in the settings, and wait until the WebUI is there again."""
    starts, restarts = server.starts(), server.restarts()
    visitor.page.evaluate("document.getElementById('settings_restart_gradio').click()")
    server.says("Restarting UI", restarts + 1)
    visitor.page.goto("about:blank")  # the WebUI's page asks until it is answered, and too early an answer ends A1111
    server.says("Startup time", starts + 1)


def test_jobs_outlive_reload_ui_and_stop_where_they_wait(visitor: Visitor, server: Host) -> None:
    """Sampling itself A1111 interrupts when its UI is reloaded, so the job that goes on is one of ours."""

    def sends(array: np.ndarray) -> str:
        out = io.BytesIO()
        Image.fromarray(array).save(out, "PNG")
        return asks(server, "POST", "images", {"image": base64.b64encode(out.getvalue()).decode()})["id"]

    large = cv2.resize(things(), (2400, 1800))
    hole = np.zeros(large.shape[:2], np.uint8)
    hole[300:1500, 300:2100] = 255
    long = asks(server, "POST", "erase", {"image": sends(large), "mask": sends(hole), "eraser": "exemplar"})["job"]
    becomes(server, long, "running")
    fill = {"image": sends(things()), "mask": sends(np.full((480, 640), 255, np.uint8)), "prompt": "a lake"}
    fill |= {"width": 64, "height": 64, "steps": 1, "save": False}
    waiting = asks(server, "POST", "inpaint", fill)["job"]
    unwanted = asks(server, "POST", "inpaint", fill)["job"]
    asks(server, "DELETE", f"jobs/{unwanted}")
    assert becomes(server, unwanted, "cancelled", "done", "failed")["state"] == "cancelled"
    assert asks(server, "GET", f"jobs/{long}")["state"] == "running", "who waits is stopped while the other works"
    reload_ui(visitor, server)
    before = asks(server, "GET", f"jobs/{long}")
    assert before["state"] == "running"
    deadline = time.monotonic() + 60
    while (now := asks(server, "GET", f"jobs/{long}"))["progress"] <= before["progress"]:
        assert (now["state"], time.monotonic() < deadline) == ("running", True), "it goes on"
        time.sleep(0.2)
    assert asks(server, "GET", f"jobs/{waiting}")["state"] in ("queued", "running")
    asks(server, "DELETE", f"jobs/{long}")
    assert becomes(server, long, "cancelled", "done", "failed")["state"] == "cancelled"
    assert becomes(server, waiting, "done", "failed", "cancelled")["state"] == "done"


def test_after_reload_ui_the_work_goes_on(visitor: Visitor, server: Host) -> None:
    visitor.clicks(RED.centre)
    reload_ui(visitor, server)
    server.welcomes(visitor)
    visitor.comes()
    visitor.waits("state.image")
    visitor.settled()
    assert overlap(visitor.mask(), RED.mask) > 0.99
    visitor.adds(BLUE.centre)
    assert overlap(visitor.mask(), RED.mask | BLUE.mask) > 0.99
    visitor.runs("remove")
    visitor.forgives("inpaint-anything", at_least=0)  # the picture is sent again

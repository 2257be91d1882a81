"""Remove, and what is done with a result: compared, taken on as input, saved, stopped."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Callable

import cv2
import numpy as np
import pytest
from PIL import Image
from scenes import BLUE, RED, decoded, encoded, overlap, things
from sight import WORKSPACE
from visitor import File, Visitor


def feathered(mask: np.ndarray, grow: int, feather: int) -> np.ndarray:
    """A mask (uint8 HxW, 0 or 255) grown and feathered outwards, by distances."""
    far = cv2.distanceTransform(255 - mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    grown = np.where(far <= grow + 2e-4, np.uint8(0), np.uint8(255))
    beyond = cv2.distanceTransform(grown, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.rint(np.clip(1 - beyond / (feather + 1), 0, 1) * 255).astype(np.uint8)


@pytest.mark.walk
def test_remove_replaces_what_is_selected_and_nothing_else(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    selected, shown = visitor.mask(), visitor.added_mask()
    visitor.runs("remove")
    picture, result = things(), decoded(visitor.result_file())
    hole = decoded(visitor.result_file("maskUrl"))
    assert (result[hole == 0] == picture[hole == 0]).all()
    assert (hole == shown).all(), "what was drawn is what is removed"
    assert hole[selected].all()
    assert abs(result[RED.mask].astype(int) - RED.colour).max(axis=1).mean() > 60
    assert 0.6 < overlap(hole > 0, selected) < 0.95  # grown and feathered


def test_what_removing_adds_is_drawn_before_and_can_be_switched_off(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    selected = visitor.soft_mask()
    assert (visitor.added_mask() == feathered(selected, 6, 4)).all()
    visitor.fills_in("removal", "grow", 0)
    assert (visitor.added_mask() == feathered(selected, 0, 4)).all()
    visitor.fills_in("removal", "feather", 0)
    visitor.fills_in("removal", "fill_holes", 0)
    assert (visitor.added_mask() == selected).all()
    visitor.runs("remove")
    hole = decoded(visitor.result_file("maskUrl"))
    assert ((hole > 0) == (selected > 0)).all()
    changed = (decoded(visitor.result_file()) != things()).any(axis=2)
    assert not changed[selected == 0].any()


def test_only_removing_adds_something(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    selected, added = visitor.soft_mask(), visitor.added_mask()
    assert (added != selected).any()
    visitor.goes_to("extend")
    visitor.waits(f"!{WORKSPACE}.canvas.scene.added")
    assert (visitor.soft_mask() == selected).all()
    visitor.goes_to("remove")
    visitor.waits(f"{WORKSPACE}.canvas.scene.added")
    assert (visitor.added_mask() == added).all()


def test_what_is_painted_is_removed_as_it_is(visitor: Visitor) -> None:
    visitor.paints((420, 60), (470, 60), radius=14)
    visitor.paints((440, 60), radius=5, erase=True)
    painted = visitor.soft_mask()
    assert (painted[58:62, 438:442] == 0).all()
    visitor.runs("remove")
    hole = decoded(visitor.result_file("maskUrl"))
    assert ((hole > 0) == (painted > 0)).all()
    changed = (decoded(visitor.result_file()) != things()).any(axis=2)
    assert not changed[painted == 0].any()


def test_what_is_erased_from_the_soft_edge_stays_erased(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    before = visitor.added_mask()
    y, x = np.argwhere((before > 0) & (visitor.soft_mask() == 0))[0]
    visitor.paints((float(x), float(y)), radius=4, erase=True)
    after = visitor.added_mask()
    assert after[y, x] == 0
    visitor.runs("remove")
    assert (decoded(visitor.result_file())[y, x] == things()[y, x]).all()


def test_a_feathered_mask_is_what_is_removed(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    visitor.fills_in("mask", "feather", 16)
    sent = visitor.soft_mask()
    visitor.runs("remove")
    picture, result = things(), decoded(visitor.result_file())
    outside = cv2.dilate(sent, np.ones((65, 65))) == 0
    assert outside.any()
    assert (result[outside] == picture[outside]).all()
    assert abs(result[160, 160].astype(int) - RED.colour).max() > 40


def test_a_value_of_the_mask_stands_though_gradio_is_late_to_tell_of_it(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    visitor.page.evaluate(
        """() => {
          const { set } = window.inpaintAnything;
          window.inpaintAnything.set = (...told) => setTimeout(() => set(...told), 2500);
        }"""
    )
    visitor.fills_in("mask", "feather", 16)
    visitor.page.wait_for_timeout(3000)  # all that was told has come
    assert visitor.state()["options"]["feather"] == 16


def test_before_and_after_are_compared_by_pointer_and_by_keys(visitor: Visitor) -> None:
    visitor.clicks(RED.centre)
    visitor.runs("remove")
    visitor.compares()
    line = visitor.page.get_by_role("slider", name="Before and after")
    frame = visitor.compared()
    spot = visitor.in_frame((160, 160), (640, 480))

    def is_red() -> bool:
        return bool(abs(visitor.colour(spot) - RED.colour).max() < 30)

    middle = frame["y"] + frame["height"] / 2
    visitor.page.mouse.move(frame["x"] + frame["width"] / 2, middle)
    visitor.page.mouse.down()
    visitor.page.mouse.move(frame["x"] + frame["width"] * 0.9, middle, steps=4)
    assert is_red()
    visitor.page.mouse.move(frame["x"] + frame["width"] * 0.05, middle, steps=4)
    visitor.page.mouse.up()
    assert not is_red()
    line.focus()
    before = int(line.get_attribute("aria-valuenow") or -1)
    visitor.page.keyboard.press("ArrowRight")
    assert int(line.get_attribute("aria-valuenow") or -1) > before
    visitor.page.keyboard.press("End")
    assert is_red()
    visitor.page.keyboard.press("Home")
    assert not is_red()
    visitor.page.keyboard.press("c")
    visitor.compared_no_more()


def test_what_is_downloaded_is_what_the_server_made(visitor: Visitor, tmp_path: Path) -> None:
    visitor.clicks(RED.centre)
    visitor.runs("remove")
    shown = visitor.result_file()
    visitor.compares()
    with visitor.page.expect_download() as download:
        visitor.button("Download").click()
    download.value.save_as(tmp_path / "result.png")
    assert (tmp_path / "result.png").read_bytes() == shown
    assert download.value.suggested_filename.endswith(".png")


def test_a_jpeg_stays_one_with_its_quality_and_what_the_camera_wrote(
    visit: Callable[..., Visitor], tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    original = encoded(things(), "JPEG", quality=83, subsampling=2, exif=exif)
    visitor = visit().comes()
    visitor.opens(File("photo.jpg", original, "image/jpeg"))
    for thing in (RED, BLUE):
        visitor.clicks(thing.centre)
        visitor.runs("remove")
    with visitor.page.expect_download() as download:
        visitor.presses("s")
    assert download.value.suggested_filename == "photo.jpg"
    download.value.save_as(tmp_path / "photo.jpg")
    with Image.open(tmp_path / "photo.jpg") as saved, Image.open(io.BytesIO(original)) as opened:
        assert (saved.format, saved.getexif()[0x010F]) == ("JPEG", "A camera")
        assert saved.quantization == opened.quantization  # type: ignore[attr-defined]
        changed = abs(np.asarray(saved).astype(int) - np.asarray(opened))
    assert (tmp_path / "photo.jpg").stat().st_size < 1.1 * len(original)
    assert changed[:, 580:].mean() < 0.2, "far from what was removed it is the same picture"
    assert changed[RED.mask].mean() > 30


def test_masks_and_cutouts_are_saved(visitor: Visitor, tmp_path: Path) -> None:
    visitor.clicks(RED.centre)
    visitor.goes_to("mask")
    saved = {}
    for name in ("Save the mask", "Save the cutout", "Save the picture with the mask as its alpha"):
        with visitor.page.expect_download() as download:
            visitor.button(name).click()
        download.value.save_as(tmp_path / "file.png")
        saved[name] = decoded((tmp_path / "file.png").read_bytes())
    mask, cutout, alpha = saved.values()
    assert overlap((mask if mask.ndim == 2 else mask[..., 0]) > 127, RED.mask) > 0.99
    assert abs(cutout.shape[0] - 121) <= 2
    assert overlap(alpha[..., 3] > 127, RED.mask) > 0.99


def test_stop_cancels_the_job_on_the_server(visit: Callable[..., Visitor]) -> None:
    visitor = visit().comes()
    visitor.opens(File("large.png", encoded(cv2.resize(things(), (2560, 1920), interpolation=cv2.INTER_NEAREST))))
    visitor.clicks((1760, 760))
    job = visitor.starts("remove")
    assert visitor.stops(job) == "cancelled"
    assert visitor.state()["results"] == []
    visitor.presses("Control+z")
    assert visitor.mask_area() == 0

"""A mask that is given: every case through the command line and the routes, down to the pixels that are replaced.

The eraser is an honest one: it fills with one colour what it is told to, and nothing is grown for it unasked.
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any, Iterator

import numpy as np
import pytest
from fakes.server import Running, running
from PIL import Image
from test_fill import Painter
from test_maskfile import HALF, MEANT, PHOTO, RAMP, SIZE, SQUARE, disc, rgba, saved

from lib_inpaint.app.cli import main
from lib_inpaint.imaging import imagefile, rle
from lib_inpaint.imaging import mask as masks
from lib_inpaint.models import registry

FIGURES = {  # of the 2400 pixels of a picture, which 256 were meant in each
    "opaque black ground, white square of alpha 128": HALF,
    "black and white with one pixel of alpha 254": SQUARE,
    "photo with a hole": SQUARE,
    "red with a hole": SQUARE,
    "black strokes": SQUARE,
    "red strokes": SQUARE,
    "ground of level 1": SQUARE,
    "levels 0 and 1": SQUARE,
    "a ramp": RAMP,
    "16 bits": SQUARE,
    "numbers of things": SQUARE,
}
SENT = 200 * 200 - 60 * 60  # pixels of a large square with a hole


def blended(image: np.ndarray, mask: np.ndarray, colour: Any) -> np.ndarray:
    """The picture (uint8 HxWx3) with a colour in the place of what is masked, mixed where the mask is soft."""
    weight = mask[..., None].astype(int)
    return ((np.array(colour) * weight + image * (255 - weight) + 127) // 255).astype(np.uint8)


def with_hole() -> np.ndarray:
    mask = np.zeros((260, 300), np.uint8)
    mask[30:230, 40:240] = 255
    mask[100:160, 100:160] = 0
    return mask


# The command line.


class Shell:
    """The command line in a folder of its own, with an eraser that paints everything in the grey of 7."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def remove(self, photo: np.ndarray, mask: np.ndarray | bytes, *options: str) -> dict[str, Any]:
        """What is told of it as JSON; `result` is the picture that was written."""
        (self.folder / "photo.png").write_bytes(saved(photo))
        (self.folder / "mask.png").write_bytes(mask if isinstance(mask, bytes) else saved(mask))
        out = self.folder / "out.png"
        paths = [str(self.folder / "photo.png"), "--mask", str(self.folder / "mask.png"), "-o", str(out)]
        status = main(["remove", *paths, "--eraser", "telea", "--json", *options])
        told = json.loads(self.capsys.readouterr().out)
        assert told["ok"] == (status == 0)
        return {**told, "result": np.asarray(Image.open(out))} if status == 0 else told


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.setattr(registry, "load", lambda *_: Painter())
    return Shell(tmp_path, capsys)


@pytest.mark.parametrize("name", FIGURES)
def test_the_command_line_replaces_what_is_meant(name: str, shell: Shell) -> None:
    told = shell.remove(PHOTO, MEANT[name][0])
    assert told["masked"] == np.count_nonzero(FIGURES[name])
    assert np.array_equal(told["result"], blended(PHOTO, FIGURES[name], 7))
    assert "note" not in told


def test_a_jpeg_of_a_disc_replaces_the_disc(shell: Shell) -> None:
    photo, mask = np.random.default_rng(1).integers(20, 250, (100, 120, 3), np.uint8), disc(27.6)
    told = shell.remove(photo, saved(mask, "JPEG", quality=75))
    assert told["masked"] == np.count_nonzero(mask) == 2393
    assert np.array_equal((told["result"] != photo).any(axis=2), mask > 0)


def test_a_hole_in_a_mask_stays_as_it_is(shell: Shell) -> None:
    mask = with_hole()
    photo = np.random.default_rng(1).integers(20, 250, (*mask.shape, 3), np.uint8)
    told = shell.remove(photo, mask)
    assert told["masked"] == SENT == 36_400
    assert np.array_equal(told["result"], blended(photo, mask, 7))
    assert shell.remove(photo, mask, "--fill-holes", "4096")["masked"] == 200 * 200
    assert shell.remove(photo, mask, "--grow", "6", "--feather", "0")["masked"] == np.count_nonzero(masks.grow(mask, 6))


def test_options_reach_as_far_as_they_say_on_a_ramp(shell: Shell) -> None:
    told = shell.remove(PHOTO, RAMP, "--grow", "6", "--feather", "4")
    assert np.array_equal(told["result"], blended(PHOTO, masks.grow(RAMP, 6), 7))


def test_a_box_beside_a_mask_leaves_the_mask_alone(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # the segmenter is the real one
    mask, photo = with_hole(), np.random.default_rng(1).integers(20, 250, (260, 300, 3), np.uint8)
    told = shell.remove(photo, mask, "--box", "250,5,290,20", "--segmenter", "classic")
    changed = (told["result"] != photo).any(axis=2)
    assert not changed[100:160, 100:160].any()
    assert not changed[60:, :40].any()


def test_which_label_is_meant(shell: Shell) -> None:
    labels = np.zeros(SIZE, np.uint16)
    labels[5:9, 5:9], labels[20:30, 30:50] = 1, 2
    data = imagefile.encode_labels(labels)
    assert shell.remove(PHOTO, data)["masked"] == 216
    assert shell.remove(PHOTO, data, "--mask-label", "1")["masked"] == 16
    assert shell.remove(PHOTO, data, "--mask-label", "2")["masked"] == 200
    assert "no label 3" in shell.remove(PHOTO, data, "--mask-label", "3")["error"]


def test_another_size_is_refused_or_fitted(shell: Shell) -> None:
    small = SQUARE[::2, ::2].copy()
    assert "30x20 pixels, but the picture is 60x40; with --fit-mask" in shell.remove(PHOTO, small)["error"]
    told = shell.remove(PHOTO, small, "--fit-mask")
    assert np.array_equal(told["result"], blended(PHOTO, SQUARE, 7))


def test_a_sentence_says_how_to_turn_a_mask_round(shell: Shell) -> None:
    inside_out = masks.invert(np.where(RAMP > 250, np.uint8(255), np.uint8(0)))
    told = shell.remove(PHOTO, inside_out)
    assert told["note"].endswith("--invert turns it round.")
    turned = shell.remove(PHOTO, inside_out, "--invert")
    assert "note" not in turned
    assert turned["masked"] == 2400 - told["masked"]
    paths = [str(shell.folder / "photo.png"), "--mask", str(shell.folder / "mask.png")]
    for command in (["remove", *paths, "--eraser", "telea"], ["mask", *paths]):
        assert main([*command, "-o", str(shell.folder / "out.png")]) == 0
        assert "--invert turns it round." in shell.capsys.readouterr().out


# The routes.


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("results")) as one:
        yield one


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def picture(answer: dict[str, Any]) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(answer["data"]))))


def erase(server: Running, photo: np.ndarray, mask: Any, **values: Any) -> dict[str, Any]:
    body = {"image": text(saved(photo)), "mask": mask, "eraser": "telea", **values}
    reply = server.call("POST", "/erase?wait=20", body)
    assert reply.status == 200, reply.json
    return reply.json


COLOUR = (1, 2, 3)  # of the server's fake eraser


@pytest.mark.parametrize("name", FIGURES)
def test_the_routes_replace_what_is_meant(name: str, server: Running) -> None:
    answer = erase(server, PHOTO, text(saved(MEANT[name][0])))
    assert answer["area"] == np.count_nonzero(FIGURES[name])
    assert np.array_equal(picture(answer["image"]), blended(PHOTO, FIGURES[name], COLOUR))
    assert "note" not in answer


@pytest.mark.parametrize("name", ["photo with a hole", "red strokes", "opaque black ground, white square of alpha 128"])
def test_a_mask_that_was_sent_before_is_read_the_same(name: str, server: Running) -> None:
    id = server.call("POST", "/images", saved(MEANT[name][0])).json["id"]
    assert np.array_equal(picture(erase(server, PHOTO, id)["image"]), blended(PHOTO, FIGURES[name], COLOUR))


def test_a_hole_in_a_sent_mask_stays_as_it_is(server: Running) -> None:
    mask = with_hole()
    photo = np.random.default_rng(1).integers(20, 250, (*mask.shape, 3), np.uint8)
    runs = {"size": list(mask.shape), "counts": rle.encode(mask)}
    for sent in (runs, text(saved(mask))):
        answer = erase(server, photo, sent)
        assert answer["area"] == SENT
        assert np.array_equal(picture(answer["image"]), blended(photo, mask, COLOUR))
    assert erase(server, photo, runs, options={"fill_holes": 4096})["area"] == 200 * 200
    assert erase(server, photo, runs, options={"grow": 6})["area"] == np.count_nonzero(masks.grow(mask, 6))


def test_strokes_are_replaced_as_they_are(server: Running) -> None:
    stroke = {"points": [[20, 20], [40, 20]], "radius": 4}
    drawn = server.call("POST", "/segment", {"image": text(saved(PHOTO)), "objects": [{"strokes": [stroke]}]}).json
    answer = erase(server, PHOTO, None, objects=[{"strokes": [stroke]}])
    assert answer["area"] == drawn["area"]
    assert np.array_equal(picture(answer["image"]), blended(PHOTO, picture(drawn["mask"]) * np.uint8(255), COLOUR))


def test_what_is_pointed_at_has_its_options_and_they_can_be_switched_off(server: Running) -> None:
    photo = np.full((64, 128, 3), (20, 160, 40), np.uint8)
    photo[16:32, 32:64] = (220, 30, 30)
    red = np.where(photo[..., 0] > 100, np.uint8(255), np.uint8(0))
    click = {"objects": [{"points": [[40, 20, 1]]}]}
    suited = masks.feather(masks.grow(red, 6), 4)
    assert np.array_equal(picture(erase(server, photo, None, **click)["image"]), blended(photo, suited, COLOUR))
    for options, mask in (({}, red), ({"grow": 0}, red), ({"feather": 4}, masks.feather(red, 4))):
        answer = erase(server, photo, None, **click, options=options)
        assert np.array_equal(picture(answer["image"]), blended(photo, mask, COLOUR))


def test_what_removing_adds_can_be_seen_before(server: Running) -> None:
    """As the page shows it: the options on what was found, then what was erased and drawn by hand, as it is."""
    found, erased, drawn = (np.zeros((64, 128), np.uint8) for _ in range(3))
    found[16:32, 32:64], erased[:, :35], drawn[40:50, 100:120] = 255, 255, 255
    sent = {name: {"size": [64, 128], "counts": rle.encode(mask)} for name, mask in
            {"mask": found, "erased": erased, "drawn": drawn}.items()}  # fmt: skip
    reply = server.call("POST", "/mask", {**sent, "options": {"grow": 6, "feather": 4, "fill_holes": 4096}})
    shown = masks.union(masks.subtract(masks.feather(masks.grow(found, 6), 4), erased), drawn)
    assert np.array_equal(picture(reply.json["mask"]), shown)
    reply = server.call("POST", "/mask", {**sent, "whole": {"grow": 3}})
    by_hand = masks.union(masks.subtract(found, erased), drawn)
    assert np.array_equal(picture(reply.json["mask"]) * np.uint8(255), masks.grow(by_hand, 3))
    assert server.call("POST", "/mask", {**sent, "drawn": text(saved(drawn[:9]))}).json["field"] == "drawn"


@pytest.mark.parametrize("route", ["/erase?wait=20", "/segment", "/cutout", "/prefill?wait=20", "/mask"])
def test_one_status_for_another_size_unless_it_is_to_fit(route: str, server: Running) -> None:
    small = np.ascontiguousarray(SQUARE[::2, ::2])
    sent = [text(saved(small)), {"size": list(small.shape), "counts": rle.encode(small)}]
    sent.append(server.call("POST", "/images", saved(np.repeat(small[..., None], 3, axis=2))).json["id"])
    body: dict[str, Any] = {"image": text(saved(PHOTO))}
    for mask in sent:
        reply = server.call("POST", route, {**body, "mask": mask})
        assert (reply.status, reply.json["code"], reply.json["field"]) == (422, "bad_request", "mask"), reply.json
        assert '"fit_mask": true' in reply.json["error"]
        fitted = server.call("POST", route, {**body, "mask": mask, "fit_mask": True})
        assert fitted.status == 200, fitted.json
        if "area" in fitted.json:
            assert fitted.json["area"] == 256


def test_which_label_is_meant_over_rest(server: Running) -> None:
    labels = np.zeros(SIZE, np.uint16)
    labels[5:9, 5:9], labels[20:30, 30:50] = 1, 2
    mask = text(imagefile.encode_labels(labels))
    for values, area in (({}, 216), ({"mask_label": 1}, 16), ({"mask_label": 2}, 200)):
        assert erase(server, PHOTO, mask, **values)["area"] == area
    reply = server.call("POST", "/erase", {"image": text(saved(PHOTO)), "mask": mask, "mask_label": 3})
    assert (reply.status, reply.json["field"]) == (422, "mask")
    reply = server.call("POST", "/erase", {"image": text(saved(PHOTO)), "mask": mask, "mask_label": -3})
    assert (reply.status, reply.json["field"]) == (422, "mask_label")


def test_a_note_where_nearly_all_is_selected(server: Running) -> None:
    most = np.full(SIZE, 255, np.uint8)
    most[0] = 0
    most[-1] = 0
    most[:, 0] = 0
    most = masks.union(most, np.where(RAMP < 20, np.uint8(255), np.uint8(0)))
    most[1] = 255
    image, mask = text(saved(PHOTO)), text(saved(most))
    assert np.count_nonzero(most) > 0.95 * most.size
    for route in ("/erase?wait=20", "/segment", "/mask", "/cutout", "/prefill?wait=20"):
        body = {"image": image, "mask": mask}
        answer = server.call("POST", route, body).json
        assert "turns it round" in answer["note"], (route, answer)
        assert '"options": {"invert": true}' in answer["note"]
    for route in ("/erase?wait=20", "/segment", "/mask"):
        assert "note" not in server.call("POST", route, {**body, "options": {"invert": True}}).json
    runs = {"size": list(SIZE), "counts": rle.encode(most)}
    assert "note" not in server.call("POST", "/segment", {"image": image, "mask": runs}).json


def test_alpha_of_a_cutout_is_read_back_as_the_mask(server: Running) -> None:
    """What /cutout gives with its output "alpha" is a mask file again, for another picture too."""
    runs = {"size": list(SIZE), "counts": rle.encode(SQUARE)}
    reply = server.call("POST", "/cutout", {"image": text(saved(PHOTO)), "mask": runs, "output": "alpha"})
    assert np.array_equal(picture(reply.json["image"]), rgba(PHOTO, SQUARE))
    answer = erase(server, PHOTO, reply.json["image"]["data"])
    assert np.array_equal(picture(answer["image"]), blended(PHOTO, SQUARE, COLOUR))

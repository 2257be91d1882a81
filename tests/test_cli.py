"""The command line as programs and people use it: real files in, files and sentences out."""

from __future__ import annotations

import hashlib
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lib_inpaint.app.cli import main
from lib_inpaint.models import packages, recommended

FAST = ["--eraser", "telea", "--quiet"]
BOX = ["--box", "40,50,120,110"]


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def digest(folder: Path) -> dict[str, str]:
    return {str(f): hashlib.md5(f.read_bytes()).hexdigest() for f in sorted(folder.rglob("*")) if f.is_file()}


@pytest.fixture
def square(tmp_path: Path) -> Path:
    """A white mask of 60x40 pixels at (100, 80) on black, of coffee's size."""
    mask = np.zeros((400, 600), np.uint8)
    mask[80:120, 100:160] = 255
    Image.fromarray(mask).save(tmp_path / "square.png")
    return tmp_path / "square.png"


def test_remove_changes_the_mask_and_nothing_else(photo_folder: Path, square: Path, tmp_path: Path) -> None:
    before = digest(photo_folder)
    out = tmp_path / "out.png"
    assert (
        main(
            [
                "remove",
                str(photo_folder / "coffee.png"),
                "--mask",
                str(square),
                "--grow",
                "0",
                "--feather",
                "0",
                "-o",
                str(out),
                *FAST,
            ]
        )
        == 0
    )
    old, new, mask = pixels(photo_folder / "coffee.png"), pixels(out), pixels(square) > 0
    assert (new[~mask] == old[~mask]).all()
    assert (new[mask] != old[mask]).any(axis=1).mean() > 0.9
    assert digest(photo_folder) == before


def test_grow_and_feather_reach_as_far_as_they_say(photo_folder: Path, square: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    assert (
        main(
            [
                "remove",
                str(photo_folder / "coffee.png"),
                "--mask",
                str(square),
                "--grow",
                "5",
                "--feather",
                "3",
                "-o",
                str(out),
                *FAST,
            ]
        )
        == 0
    )
    changed = (pixels(photo_folder / "coffee.png") != pixels(out)).any(axis=2)
    ys, xs = np.nonzero(changed)
    assert (ys.min(), ys.max(), xs.min(), xs.max()) >= (71, 0, 91, 0)
    assert ys.max() <= 128
    assert xs.max() <= 168
    assert changed[75:125, 95:165].mean() > 0.9


def test_points_and_boxes_select_with_the_built_in_segmenter(photo_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "mask.png"
    args = [
        "mask",
        str(photo_folder / "coffee.png"),
        "--segmenter",
        "classic",
        "--at",
        "50%,40%",
        "--box",
        "150,0,420,300",
    ]
    assert main([*args, "-o", str(out), "--quiet"]) == 0
    mask = pixels(out)
    assert mask.shape == (400, 600)
    assert mask[160, 300] == 255
    assert 0.2 < (mask[0:300, 150:420] > 0).mean() <= 1
    assert not mask[320:].any()


def test_cutout_and_alpha(photo_folder: Path, square: Path, tmp_path: Path) -> None:
    common = ["mask", str(photo_folder / "coffee.png"), "--mask", str(square), "--quiet"]
    assert main([*common, "--as", "cutout", "-o", str(tmp_path / "cut.png")]) == 0
    assert main([*common, "--as", "alpha", "-o", str(tmp_path / "alpha.webp")]) == 0
    photo = pixels(photo_folder / "coffee.png")
    cut, alpha = pixels(tmp_path / "cut.png"), pixels(tmp_path / "alpha.webp")
    assert (cut == np.dstack([photo[80:120, 100:160], np.full((40, 60), 255, np.uint8)])).all()
    assert (alpha[..., :3] == photo).all()
    assert (alpha[..., 3] == pixels(square)).all()


def test_extend_adds_exactly_what_was_asked(photo_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "wide.png"
    assert main(["extend", str(photo_folder / "coffee.png"), "--left", "33", "--up", "7", "-o", str(out), *FAST]) == 0
    assert pixels(out).shape == (407, 633, 3)
    assert (pixels(out)[7:, 33:] == pixels(photo_folder / "coffee.png")).all()


def test_a_folder_goes_through_with_its_sub_folders(photo_folder: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "results"
    assert main(["remove", str(photo_folder), *BOX, "-o", str(out), "--json", "--eraser", "telea"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["ok"] for line in lines] == [True] * 4
    written = sorted(str(f.relative_to(out)) for f in out.rglob("*") if f.is_file())
    assert written == ["astronaut.webp", "chelsea.jpg", "coffee.png", "more/rocket.png"]
    old, new = pixels(photo_folder / "astronaut.webp"), pixels(out / "astronaut.webp")
    assert (old[:, 300:] == new[:, 300:]).all()
    assert (old != new).any()


def test_one_bad_file_does_not_stop_the_rest(photo_folder: Path, tmp_path: Path, capsys) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.png").write_bytes((photo_folder / "coffee.png").read_bytes())
    (folder / "b.png").write_bytes((photo_folder / "coffee.png").read_bytes()[:999])
    (folder / "c.png").write_bytes((photo_folder / "coffee.png").read_bytes())
    assert (
        main(
            ["remove", str(folder), str(tmp_path / "none.png"), *BOX, "-o", str(tmp_path / "out"), "--eraser", "telea"]
        )
        == 1
    )
    printed = capsys.readouterr()
    assert "b.png is damaged" in printed.err
    assert "none.png: there is no such file" in printed.err
    assert printed.err.splitlines()[-1].startswith("2 of 4 failed: ")
    assert sorted(f.name for f in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]


def test_masks_from_a_folder_are_matched_by_name(photo_folder: Path, square: Path, tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    square.rename(tmp_path / "masks" / "coffee.png")
    common = ["--mask", str(tmp_path / "masks"), "-o", str(tmp_path / "out"), *FAST]
    assert main(["remove", str(photo_folder / "coffee.png"), str(photo_folder / "chelsea.jpg"), *common]) == 1
    assert [f.name for f in (tmp_path / "out").iterdir()] == ["coffee.png"]


def test_orientation_and_metadata_survive_a_removal(photos, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Cam"
    Image.fromarray(np.rot90(photos["coffee"]).copy()).save(tmp_path / "turned.png", exif=exif.tobytes())
    assert main(["remove", str(tmp_path / "turned.png"), *BOX, "-o", str(tmp_path / "out.png"), *FAST]) == 0
    result = Image.open(tmp_path / "out.png")
    assert result.size == (600, 400)
    assert (result.getexif().get(0x0112, 1), result.getexif()[0x010F]) == (1, "Cam")
    assert (np.asarray(result)[200:] == photos["coffee"][200:]).all()


def test_transparency_is_kept_or_the_output_refused(photos, tmp_path: Path, capsys) -> None:
    alpha = np.random.default_rng(0).integers(0, 256, (400, 600), np.uint8)
    Image.fromarray(np.dstack([photos["coffee"], alpha])).save(tmp_path / "in.png")
    common = ["remove", str(tmp_path / "in.png"), *BOX, *FAST]
    assert main([*common, "-o", str(tmp_path / "out.webp")]) == 0
    assert (pixels(tmp_path / "out.webp")[..., 3] == alpha).all()
    assert main([*common, "-o", str(tmp_path / "out.jpg")]) == 1
    assert "JPEG cannot keep" in capsys.readouterr().err
    assert not (tmp_path / "out.jpg").exists()


WRONG = [
    (["--at", "900,10"], 1, "900,10 is outside the picture, which is 600x400"),
    (["--at=-5,10"], 1, "outside"),
    (["--at", "ten,10"], 2, "'ten,10' is not X,Y"),
    (["--at", "1,2,3"], 2, "is not X,Y"),
    (["--at", "nan,2"], 1, "outside"),
    (["--box", "50,50,10,90"], 1, "inside out"),
    (["--box", "0,0,1e99,5"], 1, "outside"),
    (["--box", "nan,1,2,3"], 1, "outside"),
    (["--box", "0,0,inf,5"], 1, "outside"),
    (["--at", "1.0,900"], 1, "1,900 is outside the picture"),
    (["--not-at", "5,5"], 2, "--not-at says what is not the thing"),
    ([], 1, "Nothing is selected"),
    ([*BOX, "--grow", "-500"], 1, "The mask is empty"),
    ([*BOX, "--grow", "99999"], 2, "grow: "),
    ([*BOX, "--feather", "-1"], 2, "feather: "),
    ([*BOX, "--eraser", "lamma"], 2, "no eraser called 'lamma'"),
    ([*BOX, "--segmenter", "classik"], 2, "did you mean 'classic'?"),
    ([*BOX, "--mask", "MISSING"], 1, "there is no such file"),
    ([*BOX, "--mask", "SMALL"], 1, "30x20 pixels, but the picture is 600x400"),
]


@pytest.mark.parametrize(("arguments", "status", "words"), WRONG, ids=lambda value: str(value)[:40])
def test_bad_input_is_one_sentence_and_no_file(
    arguments, status, words, photo_folder: Path, tmp_path: Path, capsys
) -> None:
    Image.fromarray(np.zeros((20, 30), np.uint8)).save(tmp_path / "small.png")
    named = {"MISSING": str(tmp_path / "none.png"), "SMALL": str(tmp_path / "small.png")}
    arguments = [named.get(argument, argument) for argument in arguments]
    out = tmp_path / "out.png"
    out.write_bytes(b"an older result")
    assert main(["remove", str(photo_folder / "coffee.png"), *arguments, "-o", str(out)]) == status
    err = capsys.readouterr().err
    assert words in err
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err
    assert out.read_bytes() == b"an older result"
    assert sorted(f.name for f in tmp_path.iterdir()) == ["out.png", "small.png"]


@pytest.mark.parametrize(
    ("photo", "output", "words"),
    [
        ("coffee.png", "coffee.png", "is an input"),
        (".", ".", "is an input"),
        (".", "coffee.png", "is a file; for several pictures give a folder"),
        ("coffee.png", "out.gif", "give it one of these endings"),
    ],
)
def test_outputs_are_checked_before_work_starts(photo, output, words, photo_folder: Path, capsys) -> None:
    before = digest(photo_folder)
    assert main(["remove", str(photo_folder / photo), *BOX, "-o", str(photo_folder / output), *FAST]) == 2
    assert words in capsys.readouterr().err
    assert digest(photo_folder) == before


def test_a_link_to_the_input_is_the_input(photo_folder: Path, tmp_path: Path, capsys) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes((photo_folder / "coffee.png").read_bytes())
    os.link(photo, tmp_path / "hard.png")
    os.symlink(photo, tmp_path / "soft.png")
    before = photo.read_bytes()
    for name in ("hard.png", "soft.png"):
        assert main(["remove", str(photo), *BOX, "-o", str(tmp_path / name), *FAST]) == 2
    assert photo.read_bytes() == before
    assert capsys.readouterr().err.count("is an input") == 2


def test_two_results_in_one_file_are_refused(photo_folder: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "coffee.png").write_bytes((photo_folder / "coffee.png").read_bytes())
    args = [
        "remove",
        str(photo_folder / "coffee.png"),
        str(tmp_path / "coffee.png"),
        *BOX,
        "-o",
        str(tmp_path / "out"),
        *FAST,
    ]
    assert main(args) == 2
    assert "would both be written to" in capsys.readouterr().err


def test_errors_are_json_for_programs(photo_folder: Path, tmp_path: Path, capsys) -> None:
    assert main(["remove", str(photo_folder / "coffee.png"), "--at", "x", "-o", str(tmp_path / "o.png"), "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert "X,Y" in told["error"]


def run(*arguments: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "lib_inpaint", *arguments], capture_output=True, text=True, **options)


def test_a_full_disk_leaves_the_older_result(photo_folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    out.write_bytes(b"an older result")

    def small_disk() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    told = run("remove", str(photo_folder / "coffee.png"), *BOX, "-o", str(out), *FAST, preexec_fn=small_disk)
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1
    assert "could not be written: File too large" in told.stderr
    assert out.read_bytes() == b"an older result"
    assert [f.name for f in tmp_path.iterdir()] == ["out.png"]


def test_ctrl_c_leaves_finished_files_whole(photo_folder: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for number in range(60):
        os.link(photo_folder / "coffee.png", folder / f"{number:02}.png")
    command = [sys.executable, "-m", "lib_inpaint", "remove", str(folder), *BOX, "-o", str(out), "--eraser", "telea"]
    listen = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # in the background it is ignored
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=listen
    ) as process:
        deadline = time.monotonic() + 60
        while not (out / "01.png").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.startswith("Stopped.")
    assert "Traceback" not in err
    finished = sorted(f.name for f in out.iterdir())
    assert 2 <= len(finished) < 60
    assert all(name.endswith(".png") and not name.startswith(".") for name in finished)
    assert all(pixels(out / name).shape == (400, 600, 3) for name in finished)


def test_the_demo_writes_before_mask_and_after(tmp_path: Path, capsys) -> None:
    out = tmp_path / "demo.png"
    assert main(["demo", "-o", str(out)]) == 0
    assert str(out) in capsys.readouterr().out
    before, mask, after = (pixels(out)[34:546, 12 + 524 * n : 524 + 524 * n].astype(int) for n in range(3))
    removed = mask[..., 0] - mask[..., 1] > 60  # tinted red
    changed = np.abs(before - after).max(axis=2) > 0
    assert 0.005 < removed.mean() < 0.4
    assert changed[removed].mean() > 0.8


def test_models_are_listed_with_what_to_do(capsys) -> None:
    assert main(["models", "list", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    ready = {line["name"]: line["ready"] for line in lines}
    assert ready["classic"]
    assert ready["exemplar"]
    assert all(
        line["ready"] or re.search("inpaint-anything models download|pip install|and here is", line["reason"])
        for line in lines
    )


def test_where_models_live(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("INPAINT_ANYTHING_MODELS", str(tmp_path))
    assert main(["models", "where"]) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path)


def test_a_download_says_first_which_package_it_needs(monkeypatch, capsys) -> None:
    lacking = [packages.Lack("", "no-such-package")]
    monkeypatch.setattr("lib_inpaint.models.packages.lacks", lambda wanted: lacking if wanted else [])
    monkeypatch.setenv("INPAINT_ANYTHING_OFFLINE", "1")
    assert main(["models", "download", "mat"]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == "MAT needs the Python package no-such-package: pip install no-such-package"
    assert "downloading is switched off" in second
    assert main(["models", "download", "mat", "--quiet"]) == 2
    assert "pip" not in capsys.readouterr().err


def test_what_is_recommended_is_fetched_and_named_above_the_list(monkeypatch, capsys, tmp_path) -> None:
    """From a mirror; without torch it is what needs none."""
    monkeypatch.setattr(packages, "lacks", lambda wanted: [packages.Lack("", "torch")] if "torch" in wanted else [])
    monkeypatch.setenv("INPAINT_ANYTHING_MODELS", str(tmp_path))
    fetched: list[str] = []
    monkeypatch.setattr(
        "lib_inpaint.models.recommended.fetch_model",
        lambda model, folder, progress, **how: (
            fetched.append(model.name) or [folder / file.name for file in model.files]
        ),
    )
    assert main(["models"]) == 0
    above = capsys.readouterr().out.splitlines()[0]
    assert above.startswith("Models work on ")
    assert above.endswith(
        "To begin with MobileSAM without torch and LaMa without torch (253 MB): "
        "inpaint-anything models download recommended"
    )
    assert main(["models", "download", "recommended"]) == 0
    assert fetched == ["mobile_sam_onnx", "lama_onnx"]
    names = ["mobile_sam_image_encoder.onnx", "sam_mask_decoder_multi.onnx", "lama_fp32.onnx"]
    assert [Path(line.split(": ")[1]) for line in capsys.readouterr().out.splitlines()] == [tmp_path / n for n in names]


def test_what_is_recommended_is_not_fetched_before_its_packages_are_there(monkeypatch, capsys) -> None:
    monkeypatch.setattr(
        packages, "lacks", lambda wanted: [packages.Lack("", next(iter(wanted.values())))] if wanted else []
    )
    monkeypatch.setattr(
        "lib_inpaint.models.recommended.fetch_model", lambda *args, **how: pytest.fail("it was fetched")
    )
    assert main(["models", "download", "recommended"]) == 2
    assert "needs the Python package onnxruntime: pip install onnxruntime. Then again:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("device", "here", "names"),
    [
        ("cpu", {"onnxruntime"}, ["mobile_sam_onnx", "lama_onnx"]),
        ("cpu", {"onnxruntime", "torch"}, ["mobile_sam_onnx", "lama"]),
        ("cpu", {"torch", "torchvision", "segment_anything_hq", "timm"}, ["mobile_sam", "lama"]),
        ("cuda", {"torch", "torchvision", "sam2"}, ["sam2.1_hiera_base_plus", "lama"]),
        ("cuda", {"torch", "torchvision", "segment_anything_hq", "timm"}, ["sam_hq_vit_b", "lama"]),
        ("cuda", {"torch", "onnxruntime"}, ["mobile_sam_onnx", "lama"]),
        ("cpu", set(), ["mobile_sam_onnx", "lama_onnx"]),
    ],
)
def test_what_is_recommended_suits_the_machine(monkeypatch, device, here, names) -> None:
    monkeypatch.setattr(packages, "lacks", lambda wanted: [packages.Lack("", n) for n in wanted if n not in here])
    assert [model.name for model in recommended.recommended(device)] == names


def test_an_unknown_model_cannot_be_downloaded(capsys) -> None:
    assert main(["models", "download", "clasic"]) == 2
    assert "did you mean 'classic'?" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["remove", "mask", "extend", "models", "demo", "serve"])
def test_help_is_shown_as_it_is_meant(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert "%%" not in shown
    assert ("--at 50%,33%" in " ".join(shown.split())) == (command in ("remove", "mask"))

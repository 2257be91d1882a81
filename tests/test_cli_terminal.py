"""What the command line tells, and where: terminals, pipes with few letters, exit statuses, patterns of names."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lib_inpaint.app import bar, file_tasks
from lib_inpaint.app.cli import main
from lib_inpaint.errors import BadImage, DownloadFailed, ModelUnavailable
from lib_inpaint.service import Service

BOX = ["--box", "40,50,120,110"]
FAST = ["--eraser", "telea"]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """The command in a process of its own; the output as bytes."""
    return subprocess.run(
        [sys.executable, "-m", "lib_inpaint", *arguments], capture_output=True, env={**os.environ, **environment}
    )


@pytest.mark.skipif(sys.platform == "win32", reason="has no terminals of this kind")
def test_one_picture_has_a_bar_on_a_terminal_which_is_gone_at_the_end(photo_folder: Path, tmp_path: Path) -> None:
    import pty

    screen, terminal = pty.openpty()
    command = [sys.executable, "-m", "lib_inpaint", "remove", str(photo_folder / "coffee.png"), *BOX, *FAST]
    process = subprocess.Popen([*command, "-o", str(tmp_path / "out.png")], stdout=terminal, stderr=terminal)
    os.close(terminal)
    shown = b""
    try:
        while more := os.read(screen, 4096):
            shown += more
    except OSError:  # nobody writes any longer
        pass
    assert process.wait() == 0
    *bars, last = shown.decode().replace("\r\n", "\n").split("\r")
    assert "coffee.png   0% [" in bars[1]
    assert re.search(r"coffee\.png\s+\d+% \[#* *\] 0:\d\d \w", shown.decode()), "what is done just now"
    assert bars[-1].strip() == "", "taken away before the result is told"
    assert last == f"{photo_folder / 'coffee.png'} -> {tmp_path / 'out.png'}\n"


def test_a_bar_stays_on_its_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(shutil, "get_terminal_size", lambda: os.terminal_size((40, 24)))
    monkeypatch.setattr(bar, "PERIOD", 0.0)
    with bar.Bar("photo.jpg", True) as progress:
        progress(0.5, "Removing. Matching patches at 100x100")
        progress(1.5, "")
    first, half, whole, gone, _ = capsys.readouterr().err.split("\r")[1:]
    assert first == "photo.jpg   0% [                    ] 0:00"[:39]
    assert half == "photo.jpg  50% [##########          ] 0:00 Removing"[:39]
    assert whole == "photo.jpg 100% [####################] 0"
    assert gone == " " * 39
    with bar.Bar("photo.jpg", False) as progress:
        progress(0.5, "Removing")
    assert capsys.readouterr() == ("", "")


def test_letters_that_a_pipe_lacks_do_not_end_a_batch(photo_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "фото"
    folder.mkdir()
    for name in ("猫 1.png", "猫 2.png"):
        shutil.copy(photo_folder / "coffee.png", folder / name)
    (folder / "猫 3.png").write_bytes(b"none")
    out = tmp_path / "out"
    told = run("remove", str(folder), *BOX, *FAST, "-o", str(out), PYTHONIOENCODING="cp1252")
    assert told.returncode == 1
    assert sorted(path.name for path in out.iterdir()) == ["猫 1.png", "猫 2.png"]
    assert [line.count(r"\u732b") for line in told.stdout.decode("cp1252").splitlines()] == [2, 2]
    assert r"\u732b 3.png is not a picture" in told.stderr.decode("cp1252")
    assert b"Traceback" not in told.stderr


def test_a_cv2_that_cannot_be_loaded_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cv2.py").write_text('raise ImportError("libGL.so.1: cannot open shared object file")')
    told = run("demo", PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    assert told.returncode == 1
    assert told.stdout == b""
    (line,) = told.stderr.decode().splitlines()
    assert line.startswith("OpenCV cannot be loaded (libGL.so.1: cannot open shared object file).")
    assert line.endswith("then pip install opencv-python-headless")


# Exit statuses: what 0 and 2 are is seen in test_cli.py too, 130 in test_ctrl_c_leaves_finished_files_whole.


def test_what_fails_while_it_is_done_is_1(photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(name: str, machine: object, progress: object) -> None:
        raise DownloadFailed("No network.")

    monkeypatch.setattr("lib_inpaint.models.recommended.download", fails)
    assert main(["models", "download", "lama"]) == 1
    assert main(["remove", str(tmp_path / "none.png"), *BOX, "-o", str(tmp_path / "out.png"), "--quiet"]) == 1


@pytest.mark.parametrize("command", [["nonsense"], ["remove"], ["remove", "a.png", "-o", "b.png", "--grow", "much"]])
def test_what_is_no_command_is_2(command: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(command)
    assert ended.value.code == 2


def test_what_cannot_be_begun_is_2(photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def not_there(self: Service, request: object) -> None:
        raise ModelUnavailable("LaMa: big-lama.pt is not there.")

    monkeypatch.setattr(Service, "check_models", not_there)
    photo = str(photo_folder / "coffee.png")
    assert main(["remove", photo, *BOX, "-o", str(tmp_path / "out.png"), "--eraser", "lama"]) == 2
    assert main(["remove", str(tmp_path / "*.png"), *BOX, "-o", str(tmp_path / "out")]) == 2
    assert not list(tmp_path.iterdir())


def test_doctor_says_by_its_status_whether_all_works(monkeypatch: pytest.MonkeyPatch) -> None:
    for state, status in (("works", 0), ("absent", 0), ("failed", 1)):
        report = {"models": [{"state": state}]}
        monkeypatch.setattr("lib_inpaint.app.doctor.examine", lambda host, progress, report=report: report)
        assert main(["doctor", "--json"]) == status


def test_a_fault_in_one_picture_does_not_end_the_batch(
    photo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    remove = Service.remove

    def faulty(self: Service, image: np.ndarray, *more: object) -> object:
        if image.shape[1] == 451:  # chelsea
            raise ZeroDivisionError("division by zero")
        return remove(self, image, *more)

    monkeypatch.setattr(Service, "remove", faulty)
    assert main(["remove", str(photo_folder), *BOX, *FAST, "-o", str(tmp_path / "out")]) == 1
    assert len([path for path in (tmp_path / "out").rglob("*") if path.is_file()]) == 3
    told = capsys.readouterr().err.splitlines()
    assert re.fullmatch(rf"chelsea\.jpg: ZeroDivisionError: division by zero \({__name__}, line \d+\)", told[0])
    assert told[1].startswith("1 of 4 failed: ")


# Names.


def test_patterns_are_resolved_where_the_shell_did_not(photo_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(photo_folder, tmp_path / "in")

    def planned(pattern: str) -> list[str]:
        return [task.target.name for task in file_tasks.plan_files([folder / pattern], tmp_path / "out")]

    (folder / "note [1].txt").write_text("no picture")
    assert planned("*.png") == ["coffee.png"]
    assert planned("c*") == ["chelsea.jpg", "coffee.png"]
    assert planned("**/*.png") == ["coffee.png", "rocket.png"]
    with pytest.raises(BadImage, match=r"There are no pictures in .*\*\.gif"):
        planned("*.gif")
    Image.new("RGB", (9, 9)).save(folder / "a[1].png")
    assert planned("a[1].png") == ["a[1].png"], "a file of that very name"


def test_candidates_and_everything_name_the_files_that_they_write(
    photo_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photo, out = str(photo_folder / "coffee.png"), tmp_path / "out.png"
    for options in (["--at", "300,150", "--candidates"], ["--everything", "--points-per-side", "2"]):
        for path in tmp_path.iterdir():
            path.unlink()
        assert main(["mask", photo, "-o", str(out), *options]) == 0
        source, told = capsys.readouterr().out.strip().split(" -> ")
        assert (source, sorted(told.split(", "))) == (photo, sorted(map(str, tmp_path.iterdir())))
        assert main(["mask", photo, "-o", str(out), *options, "--json"]) == 0
        line = json.loads(capsys.readouterr().out)
        assert sorted(line["files"]) == sorted(map(str, tmp_path.iterdir()))
        assert line["output"] in line["files"]


def test_the_sample_is_the_demos_photo_and_nothing_else_is_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["sample"]) == 0
    command = capsys.readouterr().out.strip().split(": inpaint-anything ")[1].split()
    assert main([*command, "--quiet"]) == 0
    before, after = (np.asarray(Image.open(name)).astype(int) for name in ("sample.jpg", "removed.jpg"))
    changed = np.abs(before - after).max(axis=2) > 40
    assert changed[350:420, 135:205].mean() > 0.2, "the badge"
    assert changed.mean() < 0.02
    assert main(["sample"]) == 0, "it is there already"
    (tmp_path / "mine.png").write_bytes(b"mine")
    assert main(["sample", "-o", "mine.png"]) == 2
    assert (tmp_path / "mine.png").read_bytes() == b"mine"
    assert "is there already" in capsys.readouterr().err


def test_licences_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    shown = capsys.readouterr().out
    assert main(["models", "--json"]) == 0
    models = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(models) > 20
    assert all(f"Licence: {model['licence']}." in shown for model in models)
    assert all(model["licence"] for model in models)

"""Downloads against a server on this machine that misbehaves on request. Nothing here reaches the network."""

import contextlib
import errno
import hashlib
import http.server
import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from lib_inpaint.errors import Cancelled, DownloadFailed, ModelUnavailable, OutputFailed
from lib_inpaint.models.entry import Model, ModelFile
from lib_inpaint.models.files import transfer
from lib_inpaint.models.files.download import addresses, fetch, fetch_model, is_offline
from lib_inpaint.models.files.look import Look, locate_file

CONTENT = bytes(range(256)) * 4000  # 1,024,000 bytes
OTHER = CONTENT[::-1]
MD5 = hashlib.md5(CONTENT).hexdigest()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
ROOT = Path(__file__).resolve().parent.parent


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves what `server.faults` say; see the fixture for what they mean."""

    def log_message(self, *args):
        pass

    def do_GET(self):
        faults, log = self.server.faults, self.server.log
        start, wanted = 0, self.headers.get("Range")
        fresh = self.headers.get("If-Range") in (None, faults.tag)
        if wanted and faults.ranges and (fresh or faults.ignore_if_range):
            start = int(wanted[len("bytes=") : -1])
        request = SimpleNamespace(path=self.path, range=wanted, start=start, sent=0, headers=dict(self.headers))
        log.append(request)
        if faults.redirect and self.path == "/net.pt":
            self.answer(302, Location=faults.redirect)
        elif faults.status != 200:
            self.answer(faults.status)
        elif start >= len(faults.content):
            self.answer(416, **{"Content-Range": f"bytes */{len(faults.content)}"})
        else:
            self.send_content(faults, request)

    def answer(self, status, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": 0, **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()

    def send_content(self, faults, request):
        body, headers = faults.content[request.start :], {}
        if faults.tag:
            headers["ETag"] = faults.tag
        if request.start:
            headers["Content-Range"] = f"bytes {request.start}-{len(faults.content) - 1}/{len(faults.content)}"
        self.answer(206 if request.start else 200, **{"Content-Length": len(body), **headers})
        end = len(body) if faults.cut is None else min(faults.cut, len(body))
        for at in range(0, end, 16384):
            if faults.hang_at is not None and request.start + at >= faults.hang_at:
                self.server.released.wait(10)
                return
            try:
                self.wfile.write(body[at : min(at + 16384, end)])
            except OSError:
                return
            request.sent += min(at + 16384, end) - at
            time.sleep(faults.delay)
        self.close_connection = True


@pytest.fixture
def server():
    """faults: content and its tag; status; redirect /net.pt to a URL; cut each answer after so many bytes; wait `delay`
    seconds after each 16 KiB; say nothing more from byte `hang_at`; do not know ranges, or If-Range.
    log: one entry for each GET."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.faults = SimpleNamespace(
        content=CONTENT, tag='"one"', status=200, redirect=None, cut=None, delay=0.0, hang_at=None
    )
    server.faults.ranges, server.faults.ignore_if_range = True, False
    server.log, server.released = [], threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.released.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch, tmp_path):
    """No caches, mirrors or proxies but those a test sets up."""
    unset = ["HF_ENDPOINT", "INPAINT_ANYTHING_MIRROR", "HF_HUB_OFFLINE", "INPAINT_ANYTHING_OFFLINE", "XDG_CACHE_HOME"]
    for name in [*unset, "http_proxy", "https_proxy", "all_proxy", "no_proxy"]:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "models"


def file_on(server, **changes) -> ModelFile:
    values = dict(name="net.pt", source=f"{server.url}/net.pt", md5=MD5, size=len(CONTENT))
    return ModelFile(**{**values, **changes})


def visible(folder: Path) -> list[str]:
    """What a person sees in the folder: not the hidden lock file."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def break_off(server, folder, at: int, **changes) -> None:
    """Download the first `at` bytes, after which the server is well again."""
    server.faults.cut, server.faults.ranges = at, False
    with pytest.raises(DownloadFailed, match=r"broke off.*go on from where it stopped"):
        fetch(file_on(server, **changes), folder)
    server.faults.cut, server.faults.ranges = None, True
    assert (folder / "net.pt.part").stat().st_size == at
    server.log.clear()


# A file that comes


def test_whole_file_arrives_with_its_checksum_on_record(server, folder):
    path = fetch(file_on(server), folder)
    assert path == folder / "net.pt"
    assert path.read_bytes() == CONTENT
    assert visible(folder) == ["net.pt", "net.pt.sha256"]
    assert (folder / "net.pt.sha256").read_text() == f"{SHA256}  net.pt\n"


@pytest.mark.parametrize("left", ["", "\n", "  net.pt\n", "abc  net.pt\n", "\x00" * 65])
def test_a_record_that_was_cut_short_is_written_anew(server, folder, left):
    folder.mkdir(exist_ok=True)
    (folder / "net.pt.sha256").write_text(left)
    fetch(file_on(server, md5=None), folder)
    assert (folder / "net.pt.sha256").read_text() == f"{SHA256}  net.pt\n"


def test_published_sha256_is_checked_and_not_recorded(server, folder):
    fetch(file_on(server, md5=None, sha256=SHA256), folder)
    assert visible(folder) == ["net.pt"]


def test_file_that_is_there_is_not_fetched(server, folder):
    fetch(file_on(server), folder)
    fetch(file_on(server), folder)
    assert len(server.log) == 1


def test_progress_rises_to_one_and_tells_amount_and_speed(server, folder):
    server.faults.delay = 0.005
    told = []
    fetch(file_on(server), folder, lambda *args: told.append(args))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] == pytest.approx(1.0)
    assert told[0][1] == "0.0 of 1 MB, 0.0 MB/s"
    assert any("of 1 MB" in text and not text.endswith(" 0.0 MB/s") for _, text in told)


def test_model_has_one_progress_over_its_files(server, folder):
    files = (file_on(server), file_on(server, name="more.pt", source=f"{server.url}/more.pt"))
    model = Model("two", "Two", "eraser", "fillers:load", "A test.", files)
    told = []
    assert fetch_model(model, folder, lambda *args: told.append(args)) == [folder / "net.pt", folder / "more.pt"]
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    assert told[0][1].startswith("net.pt: ")
    assert told[-1][1].startswith("more.pt: ")
    assert all(fraction <= 0.5 for fraction, text in told if text.startswith("net.pt"))


# Going on from where it stopped


def test_resume_fetches_only_the_rest(server, folder):
    break_off(server, folder, 300_000)
    assert fetch(file_on(server), folder).read_bytes() == CONTENT
    assert [request.range for request in server.log] == ["bytes=300000-"]
    assert sum(request.sent for request in server.log) == len(CONTENT) - 300_000


def test_connection_that_breaks_is_taken_up_at_once(server, folder):
    server.faults.cut = 200_000
    assert fetch(file_on(server), folder).read_bytes() == CONTENT
    assert [request.start for request in server.log] == [0, 200_000, 400_000, 600_000, 800_000, 1_000_000]


def test_server_without_ranges_starts_again(server, folder):
    break_off(server, folder, 300_000)
    server.faults.ranges = False
    assert fetch(file_on(server), folder).read_bytes() == CONTENT
    assert server.log[0].range == "bytes=300000-"
    assert server.log[0].sent == len(CONTENT)


@pytest.mark.parametrize("ignore_if_range", [False, True])
def test_pieces_of_two_versions_are_not_joined(server, folder, ignore_if_range):
    """Also where a server hands out the rest of the new version although it was asked about the old one."""
    break_off(server, folder, 300_000, md5=None)
    server.faults.content, server.faults.tag, server.faults.ignore_if_range = OTHER, '"two"', ignore_if_range
    assert fetch(file_on(server, md5=None), folder).read_bytes() == OTHER
    assert [request.start for request in server.log] == ([300_000, 0] if ignore_if_range else [0])


def test_without_tag_and_checksum_it_starts_again(server, folder):
    server.faults.tag = ""
    break_off(server, folder, 300_000, md5=None)
    fetch(file_on(server, md5=None), folder)
    assert [request.range for request in server.log] == [None]


def test_without_tag_the_published_checksum_is_enough_to_resume(server, folder):
    server.faults.tag = ""
    break_off(server, folder, 300_000)
    fetch(file_on(server), folder)
    assert [request.start for request in server.log] == [300_000]


def test_complete_part_is_not_fetched_again(server, folder):
    folder.mkdir()
    (folder / "net.pt.part").write_bytes(CONTENT)
    assert fetch(file_on(server), folder).read_bytes() == CONTENT
    assert sum(request.sent for request in server.log) == 0


def test_part_that_is_longer_than_the_file_is_thrown_away(server, folder):
    folder.mkdir()
    (folder / "net.pt.part").write_bytes(CONTENT + b"more")
    assert fetch(file_on(server), folder).read_bytes() == CONTENT


def test_cancelled_download_goes_on_later(server, folder):
    server.faults.delay = 0.005

    def cancel(fraction, text):
        if fraction > 0.3:
            raise Cancelled()

    with pytest.raises(Cancelled):
        fetch(file_on(server), folder, cancel)
    assert visible(folder) == ["net.pt.part", "net.pt.part.tag"]
    assert fetch(file_on(server), folder).read_bytes() == CONTENT
    assert server.log[1].start > 0


# Wrong or nothing


def test_wrong_checksum_leaves_nothing(server, folder):
    server.faults.content = OTHER
    with pytest.raises(DownloadFailed, match=r"net.pt could not be downloaded: 127.0.0.1.* something else"):
        fetch(file_on(server), folder)
    assert visible(folder) == []


def test_page_in_place_of_an_unchecked_file_is_noticed(server, folder):
    server.faults.content = b"<html>Please log in</html>"
    with pytest.raises(DownloadFailed, match="size is wrong"):
        fetch(file_on(server, md5=None), folder)
    assert visible(folder) == []


def test_recorded_checksum_holds_where_none_is_published(server, folder):
    fetch(file_on(server, md5=None), folder).unlink()
    server.faults.content = OTHER
    with pytest.raises(DownloadFailed, match=r"another file than at the first time; if that is right, delete .*sha256"):
        fetch(file_on(server, md5=None), folder)


@pytest.mark.parametrize("status", [403, 404, 503])
def test_status_is_told_with_the_way_by_hand(server, folder, status):
    server.faults.status = status
    with pytest.raises(DownloadFailed) as caught:
        fetch(file_on(server), folder)
    words = str(caught.value)
    assert f"answers {status}" in words
    assert f"download {server.url}/net.pt in another way" in words
    assert words.endswith(f"put it into {folder}.")
    assert "Error" not in words


def test_stalled_connection_is_given_up(server, folder, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT", 0.3)
    server.faults.hang_at = 200_000
    with pytest.raises(DownloadFailed, match="sent nothing for"):
        fetch(file_on(server), folder)
    assert (folder / "net.pt.part").stat().st_size > 0


def test_nobody_listens(server, folder):
    with pytest.raises(DownloadFailed, match=r"127.0.0.1:1 refuses the connection"):
        fetch(file_on(server, source="http://127.0.0.1:1/net.pt"), folder)


@pytest.mark.parametrize("source", ["http://example.invalid/x.pt", "ftp://127.0.0.1/x.pt", "file:///etc/passwd"])
def test_only_https_is_asked(folder, source):
    with pytest.raises(DownloadFailed, match="does not start with https"):
        fetch(ModelFile("x.pt", source), folder)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://127.0.0.1/x.pt"])
def test_redirect_to_another_kind_of_address_is_not_followed(server, folder, target):
    server.faults.redirect = target
    with pytest.raises(DownloadFailed, match=r"not allowed|does not start with https"):
        fetch(file_on(server), folder)
    assert visible(folder) == []


def test_redirect_from_https_to_http_is_not_followed():
    request = transfer.urllib.request.Request("https://models.invalid/net.pt")
    with pytest.raises(DownloadFailed, match="does not start with https"):
        transfer._Redirects().redirect_request(request, None, 302, "Found", {}, "http://models.invalid/net.pt")


def test_redirect_is_followed_with_the_range(server, folder):
    break_off(server, folder, 300_000)
    server.faults.redirect = f"{server.url}/elsewhere"
    fetch(file_on(server), folder)
    assert [(request.path, request.range) for request in server.log] == [
        ("/net.pt", "bytes=300000-"),
        ("/elsewhere", "bytes=300000-"),
    ]


# The disk


class FullDisk:
    """A file that takes `room` bytes."""

    def __init__(self, out, room):
        self.out, self.room = out, room

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.out.close()

    def fileno(self):
        return self.out.fileno()

    def write(self, data):
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        count = self.out.write(bytes(data)[: self.room])
        self.room -= count
        return count


def test_full_disk_is_told_and_the_rest_comes_later(server, folder, monkeypatch):
    def full_disk(path, mode, buffering):
        return FullDisk(io.FileIO(path, mode), 100_000)

    with monkeypatch.context() as patched:
        patched.setattr(transfer, "open", full_disk, raising=False)
        with pytest.raises(OutputFailed, match="is full"):
            fetch(file_on(server), folder)
    assert (folder / "net.pt.part").stat().st_size == 100_000
    assert fetch(file_on(server), folder).read_bytes() == CONTENT
    assert server.log[1].start == 100_000


def test_too_little_room_is_told_before_anything_is_written(server, folder, monkeypatch):
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda _: SimpleNamespace(free=500_000))
    with pytest.raises(OutputFailed, match="has 0 MB free, and 1 MB more are needed"):
        fetch(file_on(server), folder)
    assert visible(folder) == []


def test_folder_that_is_a_file(server, folder):
    folder.write_text("not a folder")
    with pytest.raises(OutputFailed, match="cannot be used"):
        fetch(file_on(server), folder)


def test_folder_that_may_not_be_written(server, folder, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(transfer, "open", refuse, raising=False)
    with pytest.raises(OutputFailed, match="cannot be used: permission denied"):
        fetch(file_on(server), folder)


# Several processes

RUN = """
import sys
from pathlib import Path
from lib_inpaint.models.files.download import fetch
from lib_inpaint.models.entry import ModelFile
fetch(ModelFile("net.pt", sys.argv[1] + "/net.pt", md5=sys.argv[3]), Path(sys.argv[2]))
"""


def start_process(server, folder) -> subprocess.Popen:
    command = [sys.executable, "-c", RUN, server.url, str(folder), MD5]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})


def wait_for(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_two_processes_fetch_once(server, folder):
    server.faults.delay = 0.02
    processes = [start_process(server, folder) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
    assert len(server.log) == 1
    assert (folder / "net.pt").read_bytes() == CONTENT


def test_who_waits_for_another_is_told_and_can_cancel(server, folder):
    server.faults.hang_at = 200_000

    def fetch_in_vain():
        with contextlib.suppress(DownloadFailed):
            fetch(file_on(server), folder)

    other = threading.Thread(target=fetch_in_vain)
    other.start()
    wait_for(lambda: server.log)

    def cancel(fraction, text):
        raise Cancelled(text)

    with pytest.raises(Cancelled, match="waiting for another"):
        fetch(file_on(server), folder, cancel)
    server.faults.hang_at, server.faults.status = None, 404
    server.released.set()
    other.join()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the system has no kill -9")
def test_killed_download_goes_on_in_the_next_run(server, folder):
    server.faults.delay = 0.02
    process = start_process(server, folder)
    wait_for(lambda: server.log and server.log[0].sent > 200_000)
    process.kill()
    process.wait()
    assert visible(folder) == ["net.pt.part", "net.pt.part.tag"]
    assert locate_file(file_on(server), [folder]) is None
    had = (folder / "net.pt.part").stat().st_size
    server.faults.delay = 0.0
    assert fetch(file_on(server), folder).read_bytes() == CONTENT
    assert had > 0
    assert server.log[1].start == had


# Mirrors, proxies, Hugging Face


def test_hf_endpoint_counts_at_the_time_of_the_call(server, folder, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", f"{server.url}/")
    fetch(file_on(server, source="hf:owner/repo/sub/net.pt"), folder)
    assert [request.path for request in server.log] == ["/owner/repo/resolve/main/sub/net.pt"]


def test_hugging_face_address():
    assert addresses(ModelFile("a.pt", "hf:owner/repo/a.pt")) == ["https://huggingface.co/owner/repo/resolve/main/a.pt"]
    pinned = ModelFile("a.pt", "hf:owner/repo@0123abc/b/a.pt")
    assert addresses(pinned) == ["https://huggingface.co/owner/repo/resolve/0123abc/b/a.pt"]


@pytest.mark.parametrize(
    ("mirror", "path"),
    [("/", "/https://models.invalid/net.pt"), ("", "/https://models.invalid/net.pt"), ("/m/{name}",) * 2],
)
def test_mirror_comes_first(server, folder, monkeypatch, mirror, path):
    monkeypatch.setenv("INPAINT_ANYTHING_MIRROR", server.url + mirror)
    fetch(file_on(server, source="https://models.invalid/net.pt"), folder)
    assert [request.path for request in server.log] == [path.replace("{name}", "net.pt")]


def test_original_follows_a_mirror_that_fails(server, folder, monkeypatch):
    monkeypatch.setenv("INPAINT_ANYTHING_MIRROR", "http://127.0.0.1:1/ nonsense")
    assert fetch(file_on(server), folder).read_bytes() == CONTENT


def test_every_failure_is_told(server, folder):
    server.faults.status = 404
    with pytest.raises(DownloadFailed, match=r"127.0.0.1:1 refuses the connection; 127.0.0.1:.* answers 404"):
        fetch(file_on(server), folder, mirrors=["http://127.0.0.1:1/"])


def test_proxy_of_the_environment_is_used(server, folder, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    fetch(file_on(server, source="https://models.invalid/net.pt"), folder, mirrors=["http://mirror.invalid/{name}"])
    assert [request.path for request in server.log] == ["http://mirror.invalid/net.pt"]


# Offline


@pytest.mark.parametrize("name", ["HF_HUB_OFFLINE", "INPAINT_ANYTHING_OFFLINE"])
@pytest.mark.parametrize(("value", "off"), [("1", True), ("true", True), ("0", False), ("", False)])
def test_offline_switches(monkeypatch, name, value, off):
    monkeypatch.setenv(name, value)
    assert is_offline() is off
    assert is_offline(True)


def test_offline_says_which_file_to_put_where(server, folder):
    with pytest.raises(ModelUnavailable) as caught:
        fetch(file_on(server), folder, offline=True)
    words = str(caught.value)
    assert words.startswith("net.pt is not there, and downloading is switched off")
    assert f"{server.url}/net.pt" in words
    assert str(folder) in words
    assert server.log == []
    assert not folder.exists()


def test_offline_takes_what_is_there(server, folder):
    folder.mkdir()
    (folder / "net.pt").write_bytes(CONTENT)
    assert fetch(file_on(server), folder, offline=True) == folder / "net.pt"


# Where files lie


@pytest.mark.parametrize("below", ["", "sam", "models/sam", "extensions/sd-webui-inpaint-anything/models"])
def test_file_put_there_by_hand_is_recognised(server, folder, below):
    path = folder / below / "net.pt"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert locate_file(file_on(server), [folder / "empty", folder]) == path
    assert fetch(file_on(server), folder) == path
    assert server.log == []


def test_file_in_another_folder_is_taken(server, folder, tmp_path):
    (tmp_path / "net.pt").write_bytes(CONTENT)
    assert fetch(file_on(server), folder, others=[tmp_path]) == tmp_path / "net.pt"


def test_torch_hub_is_looked_into(server, folder, monkeypatch, tmp_path):
    path = tmp_path / "elsewhere" / "hub" / "checkpoints" / "net.pt"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    assert locate_file(file_on(server), [folder]) is None
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "elsewhere"))
    assert locate_file(file_on(server), [folder]) == path


def test_hugging_face_cache_is_looked_into(server, folder, tmp_path):
    repo = tmp_path / "hub" / "models--owner--repo"
    path = repo / "snapshots" / "abc" / "sub" / "net.pt"
    path.parent.mkdir(parents=True)
    path.write_bytes(CONTENT)
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("abc")
    assert locate_file(file_on(server, source="hf:owner/repo/sub/net.pt"), [folder]) == path
    assert locate_file(file_on(server, source="hf:owner/repo@abc/sub/net.pt"), [folder]) == path
    assert locate_file(file_on(server, source="hf:owner/repo@0123/sub/net.pt"), [folder]) == path, "the newest will do"
    (repo / "refs" / "main").unlink()
    assert locate_file(file_on(server, source="hf:owner/repo@abc/sub/net.pt"), [folder]) == path
    assert locate_file(file_on(server, source="hf:owner/other/sub/net.pt"), [folder]) is None


def test_file_cut_short_is_not_taken_and_replaced(server, folder):
    folder.mkdir()
    (folder / "net.pt").write_bytes(CONTENT[:400_000])
    assert locate_file(file_on(server), [folder]) is None
    assert (
        Look([file_on(server)], [folder]).absence(file_on(server)) == f"{folder / 'net.pt'} is cut short at 0.4 of 1 MB"
    )
    assert fetch(file_on(server), folder).read_bytes() == CONTENT


def test_empty_file_is_not_taken(server, folder):
    folder.mkdir()
    (folder / "net.pt").touch()
    assert locate_file(file_on(server, size=None), [folder]) is None


def test_rounded_size_is_near_enough(server, folder):
    folder.mkdir()
    (folder / "net.pt").write_bytes(CONTENT)
    assert locate_file(file_on(server, size=1_050_000), [folder]) == folder / "net.pt"

"""Files of weights: what is read, and what is refused in a sentence and never run."""

import io
import os
import pickle
import resource
import zipfile
from collections import OrderedDict

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: nothing loads weights")

from lib_inpaint.errors import ModelUnavailable  # noqa: E402
from lib_inpaint.models.files import inert, weights  # noqa: E402
from lib_inpaint.models.files.kinds import holds_weight, kind_of  # noqa: E402
from lib_inpaint.models.files.weights import load_state_dict  # noqa: E402

STATE = OrderedDict(weight=torch.arange(6000.0).reshape(60, 100), bias=torch.zeros(3))


class Evil:
    """Makes a file when it is unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def same(loaded):
    return list(loaded) == ["weight", "bias"] and torch.equal(loaded["weight"], STATE["weight"])


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "content",
    [STATE, {"model": STATE, "epoch": 3}, {"state_dict": {**STATE, "version": 1}}],
    ids=["plain", "sam2", "trainer"],
)
def test_pickles_of_all_layouts(tmp_path, content, zipped):
    torch.save(content, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)
    assert same(load_state_dict(tmp_path / "a.pth"))


def test_safetensors(tmp_path):
    save_file = pytest.importorskip("safetensors.torch").save_file
    save_file(dict(STATE), tmp_path / "a.safetensors")
    assert torch.equal(load_state_dict(tmp_path / "a.safetensors")["weight"], STATE["weight"])


def refusal(path):
    with pytest.raises(ModelUnavailable) as caught:
        load_state_dict(path)
    text = str(caught.value)
    assert str(path) in text
    assert text.endswith(".")
    return text


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("kept", [0, 1, 50, 500, 20_000])
def test_a_file_cut_short(tmp_path, kept, zipped):
    path = tmp_path / "a.pth"
    torch.save(STATE, path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[:kept])
    assert "delete it and download it again" in refusal(path)


@pytest.mark.parametrize("kept", [0, 5, 60, 20_000])
def test_safetensors_cut_short(tmp_path, kept):
    save_file = pytest.importorskip("safetensors.torch").save_file
    path = tmp_path / "a.safetensors"
    save_file(dict(STATE), path)
    path.write_bytes(path.read_bytes()[:kept])
    assert "delete it and download it again" in refusal(path)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_is_not_run(tmp_path, zipped):
    torch.save({"weight": Evil(tmp_path / "ran")}, tmp_path / "a.pth", _use_new_zipfile_serialization=zipped)
    assert "could run code" in refusal(tmp_path / "a.pth")
    assert not (tmp_path / "ran").exists()


def test_code_in_a_bare_pickle_is_not_run(tmp_path):
    (tmp_path / "a.pth").write_bytes(pickle.dumps({"weight": Evil(tmp_path / "ran")}))
    refusal(tmp_path / "a.pth")
    assert not (tmp_path / "ran").exists()


def test_a_whole_module_is_code(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "a.pth")
    assert "could run code" in refusal(tmp_path / "a.pth")


def test_what_is_no_checkpoint(tmp_path):
    path = tmp_path / "a.pth"
    path.write_text("<html>404 not found")
    assert "no model file" in refusal(path)
    torch.save([1, 2], path)
    assert "no model weights" in refusal(path)
    torch.jit.script(torch.nn.Linear(2, 2)).save(path)
    assert "TorchScript" in refusal(path)
    path.unlink()
    assert "cannot be read" in refusal(path)


class Callback:
    """Of a trainer: is kept under its class, with a state."""

    def __init__(self):
        self.best = 0.1


class Growing(dict):
    """A container of somebody's own, which a pickle fills item by item."""


class Rewriting:
    """Tries to change what puts tensors together, by setting attributes on it."""

    def __reduce__(self):
        return setattr, (torch._utils._rebuild_tensor_v2, "__defaults__", (1,))


class Getting:
    """Tries to reach what is not named, through getattr."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return eval, (f"__import__('os').mkdir({str(self.mark)!r})",)


def lightning(tmp_path):
    return {
        "epoch": 39,
        "pytorch-lightning_version": "1.2.9",
        "callbacks": {Callback: Callback(), os.mkdir: [Growing(a=1), {1, 2}, slice(3)]},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(3)}}}],
        "hyper_parameters": Growing(of=Evil(tmp_path / "ran"), more=Getting(tmp_path / "ran"), last=Rewriting()),
        "state_dict": STATE,
    }


@pytest.mark.parametrize("zipped", [True, False])
def test_a_checkpoint_of_a_trainer_gives_its_weights_and_runs_nothing(tmp_path, zipped):
    before = torch._utils._rebuild_tensor_v2.__defaults__
    torch.save(lightning(tmp_path), tmp_path / "best.ckpt", _use_new_zipfile_serialization=zipped)
    assert same(load_state_dict(tmp_path / "best.ckpt"))
    assert not (tmp_path / "ran").exists()
    assert torch._utils._rebuild_tensor_v2.__defaults__ == before


def rebuilt(pickled):
    """A file as torch writes it, with the pickle in it put in the place of its own."""
    content = io.BytesIO()
    torch.save(STATE, content)
    made = io.BytesIO()
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            new.writestr(name, pickled if name.endswith("/data.pkl") else old.read(name))
    return made.getvalue()


def short(text):
    """The opcode of a pickle for a short string."""
    return b"X" + len(text).to_bytes(4, "little") + text.encode()


@pytest.mark.parametrize(
    "named", [b"ctorch._utils\n_rebuild_tensor_v2\n", b"ccollections\nOrderedDict\n", b"cos\nmkdir\n"]
)
def test_a_pickle_cannot_change_what_it_names(tmp_path, named):
    """By the opcode BUILD, which sets attributes of whatever is before it."""
    from lib_inpaint.models.files import inert

    attributes = b"}" + short("__code__") + short("x") + b"s"
    (tmp_path / "a.pth").write_bytes(rebuilt(b"\x80\x02" + named + b"N" + attributes + b"\x86b."))
    refusal(tmp_path / "a.pth")
    assert not hasattr(OrderedDict, "__code__")
    assert inert.load_inert(tmp_path / "a.pth") is not None
    torch.save(STATE, tmp_path / "b.pth")
    assert same(load_state_dict(tmp_path / "b.pth"))


def test_the_beginning_of_a_file_tells_its_kind(tmp_path):
    save_file = pytest.importorskip("safetensors.torch").save_file
    save_file(dict(STATE), tmp_path / "a.pth")
    torch.save(STATE, tmp_path / "b.safetensors")
    torch.save(STATE, tmp_path / "c.ckpt", _use_new_zipfile_serialization=False)
    torch.jit.script(torch.nn.Linear(2, 2)).save(tmp_path / "d.pth")
    kinds = {name: kind_of(tmp_path / name) for name in ("a.pth", "b.safetensors", "c.ckpt", "d.pth")}
    assert list(kinds.values()) == ["safetensors", "pickle", "pickle", "torchscript"]
    assert len(load_state_dict(tmp_path / "a.pth")) == 2
    assert same(load_state_dict(tmp_path / "b.safetensors"))
    for content in (b"", b"PK\x03\x04", b"<html>", b"\x10\0\0\0\0\0\0\0{" + b" " * 30, b"version https://git-lfs"):
        (tmp_path / "e.pt").write_bytes(content)
        assert kind_of(tmp_path / "e.pt") == "other"


def test_a_program_that_is_listed_as_weights_is_refused_by_torchs_own_reader(tmp_path, monkeypatch):
    """An archive may have two lists of what it holds, of which Python reads the other one."""
    path = tmp_path / "net.pth"
    torch.jit.script(torch.nn.Linear(2, 2)).save(str(path))
    monkeypatch.setattr(weights, "kind_of", lambda _: "pickle")
    with pytest.raises(ModelUnavailable, match="TorchScript program"):
        load_state_dict(path)


def test_a_mark_far_away_takes_no_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    inert._Unpickler(io.BytesIO(b"\x80\x02Nr" + (1 << 28).to_bytes(4, "little") + b"0N.")).load()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB


@pytest.mark.parametrize("odd", ["deep", "encrypted"])
def test_odd_files_under_other_names_are_passed_over(odd, tmp_path):
    path = tmp_path / "best.ckpt"
    if odd == "deep":
        text = b'{"a":' + b"[" * 200_000
        path.write_bytes(len(text).to_bytes(8, "little") + text)
        assert kind_of(path) == "other"
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a/data.pkl", b"x" * 100)
        data = bytearray(path.read_bytes())
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(mark) + offset] |= 1  # says that it is encrypted
        path.write_bytes(data)
        with pytest.raises(ModelUnavailable, match="cannot be read"):
            holds_weight(path, "weight")

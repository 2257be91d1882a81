"""Files of weights: what is read, and what is refused in a sentence and never run."""

import os
import pickle
from collections import OrderedDict

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: nothing loads weights")

from lib_inpaint.errors import ModelUnavailable  # noqa: E402
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

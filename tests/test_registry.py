"""The catalogue is sound, and a model that cannot be used says why and what to do."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

from lib_inpaint.errors import ModelUnavailable, UnknownModel
from lib_inpaint.models import registry
from lib_inpaint.models.entry import Model, ModelFile
from lib_inpaint.models.files.download import addresses

MODELS = registry.models()


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch, tmp_path):
    """No weights but those a test puts there."""
    for name in ("HF_ENDPOINT", "INPAINT_ANYTHING_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def model(**changes) -> Model:
    values = dict(name="tiny", label="Tiny", kind="eraser", loader="fillers.fillers:load", about="A test.")
    return Model(**{**values, **changes})


# The catalogue


def test_names_are_unique_and_lower_case():
    names = [model.name for model in MODELS]
    assert len(set(names)) == len(names)
    assert names == [name.lower() for name in names]


def test_there_is_something_to_use_without_any_download():
    for kind in ("segmenter", "eraser"):
        assert any(not model.files and not model.packages for model in registry.models(kind))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_loader_exists(model):
    """Read, not imported: a loader may import packages that are not installed here."""
    module, function = model.loader.split(":")
    spec = importlib.util.find_spec(f"lib_inpaint.models.{module}")
    assert spec is not None
    top = ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body
    assert function in [node.name for node in top if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_is_described(model):
    assert model.label
    assert model.licence
    assert 30 <= len(model.about) <= 120
    assert model.about.endswith(".")


@pytest.mark.parametrize("file", [file for model in MODELS for file in model.files], ids=lambda file: file.name)
def test_every_file_can_be_had_and_checked(file):
    assert re.fullmatch(r"([\w-]+/)?[\w.-]+", file.name)
    assert all(url.startswith("https://") for url in addresses(file))
    assert addresses(file)[-1].endswith(f"/{Path(file.name).name}")
    assert file.md5 is None or re.fullmatch("[0-9a-f]{32}", file.md5)
    assert file.sha256 is None or re.fullmatch("[0-9a-f]{64}", file.sha256)


def test_files_of_different_models_do_not_share_a_name():
    known = {}
    for file in [file for model in MODELS for file in model.files]:
        assert known.setdefault(file.name, file) == file


# Finding


def test_find_does_not_care_about_case():
    assert registry.find("TELEA", "eraser").name == "telea"


def test_find_names_the_nearest():
    with pytest.raises(UnknownModel, match="did you mean 'navier-stokes'"):
        registry.find("navier_stoke", "eraser")


def test_find_lists_all_where_nothing_is_near():
    with pytest.raises(UnknownModel, match=r"there are: .*telea.*neutral"):
        registry.find("zzzzzz", "eraser")


def test_find_keeps_the_kinds_apart():
    with pytest.raises(UnknownModel, match="no segmenter called 'telea'"):
        registry.find("telea", "segmenter")


# State


def test_a_model_without_files_is_ready(tmp_path):
    assert registry.state(registry.find("telea"), [tmp_path]) == registry.State(True)


def test_a_missing_package_is_named_with_its_pip_command(tmp_path):
    state = registry.state(model(packages={"json": "json", "no_such_package": "no-such-package"}), [tmp_path])
    assert not state.ready
    assert "pip install no-such-package" in state.reason
    assert "json" not in state.reason


@pytest.mark.parametrize(
    ("version", "is_ready"),
    [("4.39.3", False), ("4.40.0", True), ("4.40.0.dev0", False), ("5.0rc1", True), ("10", True)],
)
def test_a_package_has_to_be_new_enough(version, is_ready, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda name: version)
    assert registry.state(model(packages={"json": "json>=4.40"}), [tmp_path]).ready is is_ready


def test_a_missing_file_is_told_with_what_to_do(tmp_path):
    state = registry.state(model(files=(ModelFile("tiny.pt", "https://example.invalid/tiny.pt"),)), [tmp_path])
    assert not state.ready
    assert "models download tiny" in state.reason


def test_a_file_that_was_put_there_makes_it_ready(tmp_path):
    (tmp_path / "tiny.pt").write_bytes(b"weights")
    assert registry.state(model(files=(ModelFile("tiny.pt", "https://example.invalid/tiny.pt"),)), [tmp_path]).ready


def test_load_refuses_in_the_words_of_state(tmp_path):
    tiny = model(files=(ModelFile("tiny.pt", "https://example.invalid/tiny.pt"),))
    with pytest.raises(ModelUnavailable) as caught:
        registry.load(tiny, [tmp_path])
    assert str(caught.value) == registry.state(tiny, [tmp_path]).reason


def test_load_passes_paths_device_and_options(monkeypatch, tmp_path):
    (tmp_path / "tiny.pt").write_bytes(b"weights")
    tiny = model(files=(ModelFile("tiny.pt", "https://example.invalid/tiny.pt"),), options={"method": "telea"})
    monkeypatch.setattr("lib_inpaint.models.fillers.fillers.load", lambda *args, **options: (args, options))
    args, options = registry.load(tiny, [tmp_path], "cuda", "float16")
    assert args == ([tmp_path / "tiny.pt"], "cuda", "float16")
    assert options == {"method": "telea"}

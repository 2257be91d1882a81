"""The catalogue is sound, and a model that cannot be used says why and what to do."""

import ast
import importlib.metadata
import importlib.util
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from lib_inpaint.errors import ModelUnavailable, UnknownModel
from lib_inpaint.models import packages, registry
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
    pinned = re.match(r"hf:[\w-]+/[\w.-]+@[0-9a-f]{40}/", file.source)
    assert not file.source.startswith("hf:") or pinned or file.sha256 or file.md5, "what comes may not change unseen"


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


class Distribution(NamedTuple):
    """A package as pip installed it."""

    version: str

    def read_text(self, name):
        is_there = name == "METADATA"
        return f"Metadata-Version: 2.1\nName: it\nVersion: {self.version}\n\nVersion: 0\n" if is_there else None


@pytest.mark.parametrize(
    ("version", "is_ready"),
    [("4.39.3", False), ("4.40.0", True), ("4.40.0.dev0", False), ("5.0rc1", True), ("10", True)],
)
def test_a_package_has_to_be_new_enough(version, is_ready, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Distribution(version))
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


# Packages: what is there, what it is, and what pip would change


class Installed:
    """What importlib.metadata tells of the packages of a machine: {name: version}."""

    def __init__(self, monkeypatch, versions, requires=()):
        importlib.import_module("huggingface_hub.file_download")  # which asks for versions itself
        self._versions = versions
        monkeypatch.setattr("importlib.metadata.distribution", self.distribution)
        monkeypatch.setattr("importlib.metadata.requires", lambda name: list(requires))
        monkeypatch.setattr(packages, "_places", lambda name: iter([f"/packages/{name}"] if name in versions else []))
        monkeypatch.setattr(packages, "_PARTS", {})

    def distribution(self, name):
        if name not in self._versions:
            raise importlib.metadata.PackageNotFoundError(name)
        return Distribution(self._versions[name])


A1111 = {"torch": "2.1.2+cu121", "torchvision": "0.16.2", "transformers": "4.30.2", "numpy": "1.26.2"}


def test_nothing_that_a_host_pins_is_advised_to_be_changed(tmp_path, monkeypatch):
    Installed(monkeypatch, A1111)
    reasons = {model.name: registry.state(model, [tmp_path]).reason for model in MODELS}
    for reason in reasons.values():
        assert not re.search(r"pip install.*\b(sam2|torch|torchvision|transformers|numpy|gradio)\b", reason), reason
    assert reasons["sam2.1_hiera_tiny"].endswith("sam2, which needs torch 2.5.1 or newer, and here is 2.1.2+cu121")
    assert reasons["grounding-dino-tiny"].endswith("needs transformers 4.40 or newer, and here is 4.30.2")
    assert "models download owlvit-base" in reasons["owlvit-base"]
    assert reasons["mat"].endswith("pip install spandrel spandrel-extra-arches")


def test_where_nothing_is_pinned_pip_does_it(tmp_path, monkeypatch):
    Installed(monkeypatch, {})
    assert registry.state(registry.find("sam2_hiera_tiny"), [tmp_path]).reason.endswith(
        "pip install torch torchvision sam2"
    )
    Installed(monkeypatch, {"torch": "2.11.0", "torchvision": "0.26"})
    assert registry.state(registry.find("sam2_hiera_tiny"), [tmp_path]).reason.endswith("pip install sam2")


def test_a_torch_is_not_changed_for_want_of_torchvision(tmp_path, monkeypatch):
    Installed(monkeypatch, {"torch": "2.13.0+cpu", "segment-anything-hq": "0.3", "timm": "1.0"})
    reason = registry.state(registry.find("mobile_sam"), [tmp_path]).reason
    assert "torchvision that goes with torch 2.13.0+cpu" in reason
    assert "pip install" not in reason


def test_a_transformers_that_does_without_this_torch(tmp_path, monkeypatch):
    Installed(monkeypatch, {**A1111, "transformers": "5.24.0"}, ['torch>=2.6; extra == "torch"', "numpy>=1.17"])
    state = registry.state(registry.find("owlvit-base"), [tmp_path])
    assert "needs torch 2.6 or newer for transformers 5.24.0, and here is 2.1.2" in state.reason
    assert state.lacks == "package"


def test_the_first_that_fits_the_host_is_the_one_to_download(tmp_path, monkeypatch):
    Installed(monkeypatch, A1111)
    detectors = registry.models("detector")
    assert registry.nearest(detectors, [tmp_path]).name == "owlvit-base"
    Installed(monkeypatch, {**A1111, "transformers": "4.56.2"})
    assert registry.nearest(detectors, [tmp_path]).name == "grounding-dino-tiny"


def elsewhere(tmp_path, monkeypatch, name, text=""):
    """Another extension's package of that name, imported first."""
    folder = tmp_path / "extensions" / "other" / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(text)
    for known in [known for known in sys.modules if known.split(".")[0] == name]:
        monkeypatch.delitem(sys.modules, known)
    monkeypatch.syspath_prepend(folder.parent)
    importlib.import_module(name)
    monkeypatch.setitem(sys.modules, name, sys.modules.pop(name))  # so that it goes again
    return folder


@pytest.mark.parametrize(
    ("name", "model"),
    [("sam2", "sam2.1_hiera_tiny"), ("segment_anything_hq", "mobile_sam"), ("segment_anything", "sam_vit_b")],
)
def test_another_extensions_package_is_recognised(name, model, tmp_path, monkeypatch):
    folder = elsewhere(tmp_path, monkeypatch, name)
    used = registry.find(model)
    used = replace(used, packages={key: value for key, value in used.packages.items() if key == name})
    state = registry.state(used, [tmp_path])
    assert not state.ready
    assert f"another extension's {name} takes its place, in {folder}" in state.reason
    assert "pip" not in state.reason
    with pytest.raises(ModelUnavailable):
        registry.load(used, [tmp_path])


def test_another_extensions_package_that_looks_like_it_fails_in_a_sentence(tmp_path, monkeypatch):
    folder = elsewhere(tmp_path, monkeypatch, "segment_anything")
    for part in packages._PARTS["segment_anything"]:
        (folder / part).parent.mkdir(exist_ok=True)
        (folder / part).write_text("")
    (tmp_path / "tiny.pt").write_bytes(b"weights")
    tiny = model(
        files=(ModelFile("tiny.pt", "https://example.invalid/tiny.pt"),),
        packages={"segment_anything": "segment-anything"},
    )

    def load(*args, **options):
        raise AttributeError("sam_model_registry")

    monkeypatch.setattr("lib_inpaint.models.fillers.fillers.load", load)
    assert registry.state(tiny, [tmp_path]).ready
    with pytest.raises(ModelUnavailable, match=r"segment_anything in .*another extension's \(sam_model_registry\)"):
        registry.load(tiny, [tmp_path])


def test_an_error_of_our_own_is_not_hidden(tmp_path, monkeypatch):
    monkeypatch.setattr("lib_inpaint.models.fillers.fillers.load", lambda *args, **options: {}["ours"])
    with pytest.raises(KeyError):
        registry.load(model(packages={"packaging": "packaging"}), [tmp_path])

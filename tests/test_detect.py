"""Text to boxes: small random detectors in the layout of the real files, against transformers itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lib_inpaint.errors import BadRequest, EmptySelection, ModelUnavailable
from lib_inpaint.geometry import Box, Size, nms
from lib_inpaint.models import registry
from lib_inpaint.models.entry import Model, ModelFile
from lib_inpaint.models.model import Hit
from lib_inpaint.models.pool import ModelPool
from lib_inpaint.schema import DetectRequest, Selection
from lib_inpaint.service import Service

NAMES = ["red car", "cat"]
TORCHS = {"format": "pt"}  # what transformers writes into a file of weights, and wants to see there


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (60, 90, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def publish(model: Any, pictures: Any, tokenizer: Any, folder: Path) -> Path:
    """Save them in the files that the authors published, which today's transformers would name otherwise."""
    tokenizer.save_pretrained(folder)
    pictures.save_pretrained(folder)
    for weights in model.parameters():  # as large as those of 4.x; 5.x begins with some that saturate every box
        if weights.dim() > 1:
            weights.data.normal_(0, 0.02)
    model.save_pretrained(folder, safe_serialization=True)
    kind = type(model).__name__.removesuffix("ForObjectDetection")
    settings = json.loads((folder / "preprocessor_config.json").read_text())
    settings |= {"image_processor_type": f"{kind}ImageProcessor", "processor_class": f"{kind}Processor"}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    special = {key: str(token) for key, token in tokenizer.special_tokens_map.items()}
    (folder / "special_tokens_map.json").write_text(json.dumps(special))
    published = [Path(file.name).name for file in registry.find(folder.name).files]
    for file in folder.iterdir():
        if file.name not in published:
            file.unlink()
    assert sorted(published) == sorted(file.name for file in folder.iterdir())
    return folder


@pytest.fixture(scope="module")
def owl(folders: Path) -> Path:
    """A folder with a tiny OWL-ViT, named as in the registry."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    torch.manual_seed(0)
    folder = folders / "owlvit-base"
    folder.mkdir()
    sizes = {"hidden_size": 32, "intermediate_size": 37, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = transformers.OwlViTConfig(
        text_config={**sizes, "vocab_size": 60, "max_position_embeddings": 16, "pad_token_id": 0, "eos_token_id": 59},
        vision_config={**sizes, "image_size": 64, "patch_size": 16},
        projection_dim=32,
    )
    letters = "abcdefghijklmnopqrstuvwxyz."
    words = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(["!", *words])}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = transformers.CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=16)
    pictures = transformers.OwlViTImageProcessor(
        size={"height": 64, "width": 64}, crop_size={"height": 64, "width": 64}, do_center_crop=False
    )
    return publish(transformers.OwlViTForObjectDetection(config), pictures, tokenizer, folder)


@pytest.fixture(scope="module")
def grounding(folders: Path) -> Path:
    """A folder with a tiny Grounding DINO, named as in the registry."""
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    if not hasattr(transformers, "GroundingDinoForObjectDetection"):
        pytest.skip("this transformers has no Grounding DINO")
    torch.manual_seed(0)
    folder = folders / "grounding-dino-tiny"
    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "red", "car", "cat", "?"]
    (folder / "vocab.txt").write_text("\n".join(words))
    tokenizer = transformers.BertTokenizerFast(str(folder / "vocab.txt"))
    backbone = transformers.SwinConfig(
        image_size=64, embed_dim=16, depths=[1, 1, 1, 1], num_heads=[1, 2, 2, 2], window_size=4, out_indices=[2, 3, 4]
    )
    text = transformers.BertConfig(
        vocab_size=2000, hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=37
    )
    config = transformers.GroundingDinoConfig(
        backbone_config=backbone, text_config=text, d_model=32, num_queries=20, encoder_layers=1, decoder_layers=2,
        encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=37, decoder_ffn_dim=37,
        num_feature_levels=4,
    )  # fmt: skip
    pictures = transformers.GroundingDinoImageProcessor(size={"shortest_edge": 64, "longest_edge": 96})
    return publish(transformers.GroundingDinoForObjectDetection(config), pictures, tokenizer, folder)


def load(folder: Path) -> Any:
    """Through the real loader, past the registry, for which the weights are too small to be whole."""
    from lib_inpaint.models import detect

    model = registry.find(folder.name, "detector")
    return detect.load([folder.parent / file.name for file in model.files], "cpu", "float32", **model.options)


def reference(folder: Path, kind: str) -> tuple[Any, Any]:
    import transformers

    return (
        getattr(transformers, f"{kind}ForObjectDetection").from_pretrained(folder).eval(),
        getattr(transformers, f"{kind}Processor").from_pretrained(folder),
    )


def compare(hits: list[Hit], theirs: dict[str, Any], size: Size) -> None:
    """The hits are the reference's boxes after non-maximum suppression: each in the same place with the same score."""
    boxes, scores = theirs["boxes"].detach().numpy(), theirs["scores"].detach().numpy()
    order = nms(boxes, np.argsort(-scores, kind="stable").tolist(), 0.5)
    rounded = [Box(*np.rint(boxes[row]).astype(int).tolist()).clip(size) for row in order]
    expected = [(box, float(scores[row])) for box, row in zip(rounded, order) if box.size.area]
    assert len(hits) == len(expected) > 0
    for hit, (box, score) in zip(hits, expected):
        assert hit.score == pytest.approx(score, abs=1e-5)
        assert max(abs(a - b) for a, b in zip(hit.box, box)) <= 1


def test_owlvit_finds_what_transformers_finds(owl: Path, image: np.ndarray) -> None:
    import torch
    from PIL import Image

    model, processor = reference(owl, "OwlViT")
    inputs = processor(text=[NAMES], images=Image.fromarray(image), return_tensors="pt")
    with torch.no_grad():
        answer = model(**inputs)
    (theirs,) = processor.image_processor.post_process_object_detection(
        answer, threshold=0.0, target_sizes=torch.tensor([image.shape[:2]])
    )
    hits = load(owl)(image, NAMES, 0.0)
    compare(hits, theirs, Size.of(image))
    assert {hit.name for hit in hits} <= set(NAMES)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_grounding_dino_finds_what_transformers_finds(grounding: Path, image: np.ndarray) -> None:
    import torch
    from PIL import Image

    model, processor = reference(grounding, "GroundingDino")
    inputs = processor(text="red car. cat.", images=Image.fromarray(image), return_tensors="pt")
    with torch.no_grad():
        answer = model(**inputs)
    sizes = torch.tensor([image.shape[:2]])
    (theirs,) = processor.post_process_grounded_object_detection(
        answer, inputs["input_ids"], 0.0, 0.0, target_sizes=sizes
    )
    hits = load(grounding)(image, NAMES, 0.0)
    compare(hits, theirs, Size.of(image))
    places = answer.logits[0].argmax(dim=-1).tolist()  # [CLS] red car . cat . [SEP]
    assert {hit.name for hit in hits} <= {NAMES[0] if place <= 3 else NAMES[1] for place in places}


def test_grounding_dino_as_it_was_published(grounding: Path, image: np.ndarray, tmp_path: Path) -> None:
    """By transformers 4.40, which kept tables of positions in the file and had no norm behind the backbone."""
    import torch
    from safetensors.torch import load_file, save_file

    old = copied(grounding, tmp_path)
    weights = {name: value for name, value in load_file(old / "model.safetensors").items() if ".swin." not in name}
    table = "model.backbone.conv_encoder.model.encoder.layers.0.blocks.0.attention.self.relative_position"
    assert f"{table}_bias_table" in weights
    side = torch.arange(4)
    apart = (side[:, None] - side + 3).repeat_interleave(4, 0).repeat_interleave(4, 1) * 7
    weights[f"{table}_index"] = apart + (side[:, None] - side + 3).repeat(4, 4)
    save_file(weights, old / "model.safetensors", TORCHS)
    assert load(old)(image, NAMES, 0.0) == load(grounding)(image, NAMES, 0.0)


def test_loading_says_nothing_of_its_own(owl: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """transformers 5 shows a bar, and all of them report on a file that is not as they wrote it."""
    from safetensors.torch import load_file, save_file

    old = copied(owl, tmp_path)
    weights = load_file(old / "model.safetensors")
    save_file({**weights, "more": next(iter(weights.values())).clone()}, old / "model.safetensors", TORCHS)
    capfd.readouterr()
    load(old)
    assert capfd.readouterr() == ("", "")


def test_the_threshold_holds(owl: Path, image: np.ndarray) -> None:
    detector = load(owl)
    scores = [hit.score for hit in detector(image, NAMES, 0.0)]
    middle = sorted(scores)[len(scores) // 2]
    assert len(detector(image, NAMES, middle)) < len(scores)
    assert all(hit.score >= middle for hit in detector(image, NAMES, middle))


def test_a_long_name_and_a_tiny_picture_are_no_errors(owl: Path) -> None:
    detector = load(owl)
    assert isinstance(
        detector(np.zeros((1, 3, 3), np.uint8), ["a very long description of some thing " * 5], 0.0), list
    )


def copied(folder: Path, to: Path) -> Path:
    to = to / folder.name
    to.mkdir(parents=True)
    for file in folder.iterdir():
        (to / file.name).write_bytes(file.read_bytes())
    return to


def test_files_that_are_wrong_are_refused_in_a_sentence(owl: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(owl / "model.safetensors")
    cut = copied(owl, tmp_path / "cut")
    data = (cut / "model.safetensors").read_bytes()
    (cut / "model.safetensors").write_bytes(data[: len(data) // 2])
    lacking = copied(owl, tmp_path / "lacking")
    save_file({k: v for k, v in weights.items() if "class_head" not in k}, lacking / "model.safetensors", TORCHS)
    other = copied(owl, tmp_path / "other")
    shorter = {"class_head.dense0.weight": weights["class_head.dense0.weight"][:5]}
    save_file({**weights, **shorter}, other / "model.safetensors", TORCHS)
    unknown = copied(owl, tmp_path / "unknown")
    (unknown / "config.json").write_text(json.dumps({"model_type": "bert"}))
    broken = copied(owl, tmp_path / "broken")
    (broken / "vocab.json").write_text("{")
    for folder, words in [
        (cut, "damaged, cut short"), (lacking, "lacks 6 weights"), (other, "another model"),
        (unknown, "no detector called bert"), (broken, "holds no detector"),
    ]:  # fmt: skip
        with pytest.raises(ModelUnavailable, match=words):
            load(folder)


def test_files_in_different_folders_are_refused(owl: Path, tmp_path: Path) -> None:
    from lib_inpaint.models import detect

    with pytest.raises(ModelUnavailable, match="several folders"):
        detect.load([tmp_path / "config.json", owl / "model.safetensors"], "cpu", "float32", threshold=0.1)


# The request


class Fake:
    threshold = 0.25

    def __init__(self) -> None:
        self.asked: list[tuple[list[str], float]] = []

    def __call__(self, image: np.ndarray, names: list[str], threshold: float) -> list[Hit]:
        self.asked.append((names, threshold))
        return [Hit(Box(1, 2, 3, 4), 0.3, names[0])] if threshold < 0.3 else []


def test_a_text_becomes_names_and_a_threshold(monkeypatch: pytest.MonkeyPatch, host: Any) -> None:
    fake, service = Fake(), Service(host)
    monkeypatch.setattr(ModelPool, "load", lambda self, model: fake)
    image = np.zeros((8, 8, 3), np.uint8)
    assert service.detect(image, DetectRequest(text=" the red car, cat,"))[0].name == "the red car"
    assert fake.asked == [(["the red car", "cat"], 0.25)]
    with pytest.raises(EmptySelection, match=r"looks like dog; a threshold below 0\.5"):
        service.detect(image, DetectRequest(text="dog", threshold=0.5))
    with pytest.raises(BadRequest, match="Say what to look for"):
        service.detect(image, DetectRequest(text=" , "))


def test_what_a_text_names_is_a_selection_and_no_text_names_nothing(monkeypatch: pytest.MonkeyPatch, host: Any) -> None:
    fake, service = Fake(), Service(host)
    monkeypatch.setattr(ModelPool, "load", lambda self, model: fake)
    image = np.zeros((8, 8, 3), np.uint8)
    (hit,) = service.find(image, DetectRequest(text="cat"))
    assert hit.selection == Selection(box=Box(1, 2, 3, 4))
    assert service.find(image, DetectRequest(text=" ")) == []
    assert len(fake.asked) == 1


def test_without_any_detector_it_says_what_to_do(host: Any) -> None:
    with pytest.raises(ModelUnavailable, match=r"(Grounding DINO tiny|OWL-ViT base).*(pip install|models download)"):
        Service(host).detect(np.zeros((8, 8, 3), np.uint8), DetectRequest(text="cat"))


@pytest.fixture
def host() -> Any:
    from lib_inpaint.standalone.host import Standalone

    return Standalone()


def test_files_of_a_model_that_is_a_folder_are_fetched_into_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lib_inpaint.models.files import download

    def transfer(url: str, partial: Path, progress: Any, **options: Any) -> None:
        partial.write_bytes(b"x" * 700)

    monkeypatch.setattr(download, "transfer", transfer)
    files = tuple(ModelFile(f"tiny/{name}", f"https://example.invalid/{name}") for name in ("a.json", "b.bin"))
    model = Model("tiny", "Tiny", "detector", "detect:load", "A test.", files=files)
    assert download.fetch_model(model, tmp_path) == [tmp_path / "tiny" / "a.json", tmp_path / "tiny" / "b.bin"]
    assert registry.locate(model, [tmp_path]) == [tmp_path / "tiny" / "a.json", tmp_path / "tiny" / "b.bin"]

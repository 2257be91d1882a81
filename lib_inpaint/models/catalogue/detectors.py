"""The detectors, the best first."""

from __future__ import annotations

from ..entry import Model, ModelFile
from .base import TORCH

_TEXT = {**TORCH, "transformers": "transformers"}


def _of_repository(folder: str, repository: str, *names: str, weights: int) -> tuple[ModelFile, ...]:
    """The files of a Hugging Face repository in a folder of their own, the weights last."""
    small = tuple(ModelFile(f"{folder}/{name}", f"hf:{repository}/{name}") for name in names)
    return (*small, ModelFile(f"{folder}/model.safetensors", f"hf:{repository}/model.safetensors", size=weights))


DETECTORS = (
    Model(
        name="grounding-dino-tiny",
        label="Grounding DINO tiny",
        kind="detector",
        loader="detect:load",
        about="690 MB: finds things by a description; needs transformers 4.40 or newer.",
        files=_of_repository(
            "grounding-dino-tiny",
            "IDEA-Research/grounding-dino-tiny",
            *("config.json", "preprocessor_config.json", "special_tokens_map.json", "tokenizer.json"),
            *("tokenizer_config.json", "vocab.txt"),
            weights=689_000_000,
        ),
        packages={**TORCH, "transformers": "transformers>=4.40"},
        options={"threshold": 0.3},
    ),
    Model(
        name="owlvit-base",
        label="OWL-ViT base",
        kind="detector",
        loader="detect:load",
        about="610 MB: finds things by a short name, such as: the red car.",
        files=_of_repository(
            "owlvit-base",
            "google/owlvit-base-patch32",
            *("config.json", "preprocessor_config.json", "special_tokens_map.json", "tokenizer_config.json"),
            *("vocab.json", "merges.txt"),
            weights=612_000_000,
        ),
        packages=_TEXT,
        options={"threshold": 0.1},
    ),
)

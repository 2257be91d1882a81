"""The detectors, the best first."""

from __future__ import annotations

from typing import Optional

from ..entry import Model, ModelFile
from .base import TORCH

_TEXT = {**TORCH, "transformers": "transformers"}


def _of_repository(
    folder: str, repository: str, *names: str, weights: int, sha256: Optional[str] = None
) -> tuple[ModelFile, ...]:
    """The files of a Hugging Face repository at a revision, in a folder of their own, the weights last."""
    small = tuple(ModelFile(f"{folder}/{name}", f"hf:{repository}/{name}") for name in names)
    large = ModelFile(f"{folder}/model.safetensors", f"hf:{repository}/model.safetensors", sha256=sha256, size=weights)
    return (*small, large)


DETECTORS = (
    Model(
        name="grounding-dino-tiny",
        label="Grounding DINO tiny",
        kind="detector",
        loader="detect:load",
        about="690 MB: finds things by a description; needs transformers 4.40 or newer.",
        files=_of_repository(
            "grounding-dino-tiny",
            "IDEA-Research/grounding-dino-tiny@a2bb814dd30d776dcf7e30523b00659f4f141c71",
            *("config.json", "preprocessor_config.json", "special_tokens_map.json", "tokenizer.json"),
            *("tokenizer_config.json", "vocab.txt"),
            weights=689_359_096,
            sha256="1a2412ef99bd74bcd3c2a246fa1e48581f8889a1300c9051974741314fc042f3",
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
            "google/owlvit-base-patch32@cbc355fb364588351c5d51c7f74465e8e7ec6f72",
            *("config.json", "preprocessor_config.json", "special_tokens_map.json", "tokenizer_config.json"),
            *("vocab.json", "merges.txt"),
            weights=612_000_000,
        ),
        packages=_TEXT,
        options={"threshold": 0.1},
    ),
)

"""Things by what they are called: zero-shot detectors of transformers, through its auto classes.

OWL-ViT (Minderer et al., "Simple Open-Vocabulary Object Detection with Vision Transformers", 2022), and Grounding DINO
(Liu et al., 2023) where the installed transformers has it.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..errors import ModelUnavailable
from ..geometry import Box, Size, nms, resize
from .devices import attempt
from .files.weights import check_safetensors
from .model import Hit

_OVERLAP = 0.5  # of two hits whose boxes have more than this IoU, one is kept
_FULL_STOP = "."
_CRITICAL = 50  # of Python's levels of logging
_LEAST = 16  # pixels; a side of 1 or 3 is taken for the colours by transformers


class TextDetector:
    """A `Detector`. It works in float32: it is small beside a segmenter, and Grounding DINO's attention needs that."""

    def __init__(self, model: Any, processor: Any, device: str, threshold: float) -> None:
        self._model = model.eval().float()
        self._processor = processor
        self.to(device)
        self._is_grounded = model.config.model_type == "grounding-dino"
        self.threshold = threshold

    @property
    def nbytes(self) -> int:
        return sum(tensor.numel() * tensor.element_size() for tensor in self._model.parameters())

    def to(self, device: str) -> None:
        """See Movable."""
        self.device = device
        attempt(lambda: self._model.to(device), device, f"The weights do not fit into the memory of {device}.")

    def __call__(self, image: np.ndarray, names: Sequence[str], threshold: float) -> list[Hit]:
        """See Detector. Boxes are clipped to the picture; of those that overlap much, the best is kept."""
        short = f"The picture does not fit into the memory of {self.device} to be searched."
        return attempt(lambda: self._hits(image, names, threshold), self.device, short)

    @torch.inference_mode()
    def _hits(self, image: np.ndarray, names: Sequence[str], threshold: float) -> list[Hit]:
        names = [name.lower().strip(" .") for name in names]
        tokens = self._tokens(names)
        size = Size.of(image)
        shown = resize(image, Size(max(size.width, _LEAST), max(size.height, _LEAST)))
        pixels = self._processor.image_processor(images=Image.fromarray(shown), return_tensors="pt")
        answer = self._model(**tokens.to(self.device), **pixels.to(self.device))
        scores, places = answer.logits[0].max(dim=-1)
        number = self._names_at(tokens["input_ids"][0])[places] if self._is_grounded else places
        boxes = self._corners(answer.pred_boxes[0], size)
        scores, number = scores.sigmoid().cpu().numpy(), number.clamp(max=len(names) - 1).tolist()
        good = [row for row in np.argsort(-scores, kind="stable") if scores[row] >= threshold]
        hits = [
            Hit(Box(*np.rint(boxes[row]).astype(int).tolist()).clip(size), float(scores[row]), names[number[row]])
            for row in nms(boxes, good, _OVERLAP)
        ]
        return [hit for hit in hits if hit.box.size.area]

    def _tokens(self, names: Sequence[str]) -> Any:
        """The names as the model reads them: OWL-ViT each by itself, Grounding DINO as one text with full stops."""
        tokenizer, config = self._processor.tokenizer, self._model.config
        if self._is_grounded:
            text = "".join(f"{name}{_FULL_STOP} " for name in names)
            return tokenizer(text, truncation=True, max_length=config.max_text_len, return_tensors="pt")
        longest = config.text_config.max_position_embeddings
        return tokenizer(list(names), padding="max_length", truncation=True, max_length=longest, return_tensors="pt")

    def _names_at(self, tokens: Tensor) -> Tensor:
        """int64 N: for each place in Grounding DINO's text, the number of the name it is in; they end in full stops."""
        stops = (tokens == self._processor.tokenizer.convert_tokens_to_ids(_FULL_STOP)).long()
        number = torch.cumsum(stops, 0) - stops
        return torch.nn.functional.pad(number, (0, self._model.config.max_text_len - len(number)))

    def _corners(self, boxes: Tensor, size: Size) -> np.ndarray:
        """float Nx4 (middle x and y, width, height; of 1) -> float Nx4 (left, top, right, bottom) in pixels."""
        middle, half = boxes[:, :2], boxes[:, 2:] / 2
        return (torch.cat([middle - half, middle + half], dim=1).cpu() * torch.tensor([*size, *size])).numpy()


def load(paths: Sequence[Path], device: str, dtype: str, threshold: float) -> TextDetector:
    """A detector from the files of its repository, which lie in one folder; the last one holds the weights.

    Raises ModelUnavailable when transformers is too old or cannot use the torch that is here, and for files that are
    damaged, of another model, or apart.
    """
    *_, weights = paths
    folder = weights.parent
    if len({path.parent for path in paths}) > 1:
        raise ModelUnavailable(f"The files of one detector lie in several folders; put them all into {folder}.")
    check_safetensors(weights)
    try:
        with _silent():
            config = _config(folder)
            processor = _from_folder("AutoProcessor", folder)
            model, report = _from_folder(
                "AutoModelForZeroShotObjectDetection", folder, config=config, use_safetensors=True,
                ignore_mismatched_sizes=True, output_loading_info=True,
            )  # fmt: skip
    except ModelUnavailable:
        raise
    except Exception as error:  # files of a damaged or an unknown model fail in any way
        raise ModelUnavailable(
            f"{folder} holds no detector that can be read; delete it and download it again ({error})."
        ) from error
    _check_filled(model, report, weights)
    return TextDetector(model, processor, device, threshold)


def _from_folder(auto: str, folder: Path, **options: Any) -> Any:
    """What an auto class of transformers makes of a folder: its own code only, and nothing is asked of a server."""
    import transformers

    return getattr(transformers, auto).from_pretrained(
        folder, local_files_only=True, trust_remote_code=False, **options
    )


def _config(folder: Path) -> Any:
    """The configuration in a folder. Raises ModelUnavailable if the installed transformers cannot use its model."""
    import transformers
    from transformers import PretrainedConfig
    from transformers.models.auto.modeling_auto import MODEL_FOR_ZERO_SHOT_OBJECT_DETECTION_MAPPING_NAMES as KNOWN

    if not transformers.is_torch_available():
        raise ModelUnavailable(f"transformers {transformers.__version__} does not work with torch {torch.__version__}.")
    kind = PretrainedConfig.get_config_dict(folder, local_files_only=True)[0].get("model_type")
    if kind not in KNOWN:
        raise ModelUnavailable(
            f"transformers {transformers.__version__} has no detector called {kind}; choose OWL-ViT, which it has."
        )
    config = _from_folder("AutoConfig", folder)
    if hasattr(config, "disable_custom_kernels"):
        config.disable_custom_kernels = True  # or a CUDA kernel is compiled here and now
    return config


def _check_filled(model: Any, report: Mapping[str, Any], path: Path) -> None:
    """Raise ModelUnavailable if transformers found weights missing or of another shape in the file, and drew them.

    Whole numbers that a model works out for itself, such as positions, are in the file or not by transformers' version.
    """
    if report["mismatched_keys"]:
        raise ModelUnavailable(f"{path} holds weights of another model; delete it and download it again.")
    there = model.state_dict()
    absent = [name for name in report["missing_keys"] if name not in there or there[name].is_floating_point()]
    if absent:
        raise ModelUnavailable(
            f"{path} lacks {len(absent)} weights, such as {min(absent)}; delete it and download it again."
        )


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Within it transformers shows no bar and no report of its own; what is wrong with a file is said by us."""
    from transformers.utils import logging

    level, shows_bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(_CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shows_bars:
            logging.enable_progress_bar()

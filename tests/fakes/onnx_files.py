"""Small ONNX files with the inputs and outputs of the published ones, made without torch.

The detector of text takes red for text, with what is up to 4 pixels away. The decoder answers a click with four discs
around the first point; the erasers fill with a colour that says which of them it was, and refuse other sizes than the
published ones do.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TEXT_COLOUR = (200, 20, 20)  # what the detector of text takes for text
RADII = (100.0, 60.0, 200.0, 300.0)  # of the decoder's discs, in pixels of the square of 1024
LAMA_COLOUR, MIGAN_COLOUR = (10.0, 200.0, 90.0), (240, 30, 160)
_OPSET, _IR = 17, 8  # as the published files; newest onnx writes later ones by itself
_FLOAT, _BYTE = TensorProto.FLOAT, TensorProto.UINT8


def _save(nodes: Sequence[Any], inputs: dict, outputs: dict, constants: dict[str, np.ndarray], path: Path) -> Path:
    values = [[helper.make_tensor_value_info(name, *spec) for name, spec in side.items()] for side in (inputs, outputs)]
    weights = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(list(nodes), "fake", *values, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())
    return path


def encoder(path: Path) -> Path:
    """image_embeddings: 1x256x64x64 of the mean of the square, less SAM's."""
    nodes = [
        helper.make_node("Sub", ["input_image", "mean"], ["normal"]),
        helper.make_node("ReduceMean", ["normal"], ["level"], keepdims=0),
        helper.make_node("Add", ["zeros", "level"], ["image_embeddings"]),
    ]
    constants = {
        "mean": np.array([123.675, 116.28, 103.53], np.float32),
        "zeros": np.zeros((1, 256, 64, 64), np.float32),
    }
    inputs = {"input_image": (_FLOAT, ["image_height", "image_width", 3])}
    return _save(nodes, inputs, {"image_embeddings": (_FLOAT, [1, 256, 64, 64])}, constants, path)


def decoder(path: Path) -> Path:
    """low_res_masks: 1x4x256x256, in pixels how far inside of each disc; iou_predictions: 1x4, rising."""
    middle = (np.arange(256, dtype=np.float32) + 0.5) * 4
    constants = {
        "x": np.broadcast_to(middle, (1, 1, 256, 256)).copy(),
        "y": np.broadcast_to(middle[:, None], (1, 1, 256, 256)).copy(),
        "radii": np.array(RADII, np.float32).reshape(1, 4, 1, 1),
        "scores": np.array([[0.5, 0.6, 0.7, 0.8]], np.float32),
        "first": np.array(0),
        "across": np.array([0]),
        "down": np.array([1]),
    }
    nodes = [
        helper.make_node("Gather", ["point_coords", "first"], ["point"], axis=1),
        helper.make_node("Gather", ["point", "across"], ["at_x"], axis=1),
        helper.make_node("Gather", ["point", "down"], ["at_y"], axis=1),
        helper.make_node("Sub", ["x", "at_x"], ["dx"]),
        helper.make_node("Sub", ["y", "at_y"], ["dy"]),
        helper.make_node("Mul", ["dx", "dx"], ["dx2"]),
        helper.make_node("Mul", ["dy", "dy"], ["dy2"]),
        helper.make_node("Add", ["dx2", "dy2"], ["square"]),
        helper.make_node("Sqrt", ["square"], ["distance"]),
        helper.make_node("Sub", ["radii", "distance"], ["low_res_masks"]),
        helper.make_node("Identity", ["low_res_masks"], ["masks"]),
        helper.make_node("Identity", ["scores"], ["iou_predictions"]),
    ]
    inputs = {
        "image_embeddings": (_FLOAT, [1, 256, 64, 64]),
        "point_coords": (_FLOAT, [1, "num_points", 2]),
        "point_labels": (_FLOAT, [1, "num_points"]),
        "mask_input": (_FLOAT, [1, 1, 256, 256]),
        "has_mask_input": (_FLOAT, [1]),
        "orig_im_size": (_FLOAT, [2]),
    }
    masks = (_FLOAT, [1, 4, 256, 256])
    outputs = {"masks": masks, "iou_predictions": (_FLOAT, [1, 4]), "low_res_masks": masks}
    return _save(nodes, inputs, outputs, constants, path)


def lama(path: Path) -> Path:
    """image and mask, 512x512 in 0..1 -> output in 0..255: one colour in the hole."""
    colour = np.array(LAMA_COLOUR, np.float32).reshape(1, 3, 1, 1)
    nodes = [
        helper.make_node("Sub", ["one", "mask"], ["known"]),
        helper.make_node("Mul", ["image", "known"], ["kept"]),
        helper.make_node("Mul", ["kept", "levels"], ["seen"]),
        helper.make_node("Mul", ["colour", "mask"], ["made"]),
        helper.make_node("Add", ["seen", "made"], ["output"]),
    ]
    constants = {"one": np.ones(1, np.float32), "levels": np.full(1, 255, np.float32), "colour": colour}
    inputs = {"image": (_FLOAT, ["batch", 3, 512, 512]), "mask": (_FLOAT, ["batch", 1, 512, 512])}
    return _save(nodes, inputs, {"output": (_FLOAT, ["batch", 3, 512, 512])}, constants, path)


def migan(path: Path) -> Path:
    """image and mask as bytes, 255 where it is known -> result: one colour where it is 0."""
    nodes = [
        helper.make_node("Cast", ["mask"], ["level"], to=_FLOAT),
        helper.make_node("Cast", ["image"], ["picture"], to=_FLOAT),
        helper.make_node("Div", ["level", "levels"], ["known"]),
        helper.make_node("Sub", ["one", "known"], ["hole"]),
        helper.make_node("Mul", ["picture", "known"], ["kept"]),
        helper.make_node("Mul", ["colour", "hole"], ["made"]),
        helper.make_node("Add", ["kept", "made"], ["filled"]),
        helper.make_node("Cast", ["filled"], ["result"], to=_BYTE),
    ]
    colour = np.array(MIGAN_COLOUR, np.float32).reshape(1, 3, 1, 1)
    constants = {"one": np.ones(1, np.float32), "levels": np.full(1, 255, np.float32), "colour": colour}
    inputs = {"image": (_BYTE, ["b", 3, "h", "w"]), "mask": (_BYTE, ["b", 1, "h", "w"])}
    return _save(nodes, inputs, {"result": (_BYTE, ["b", 3, "h", "w"])}, constants, path)


def text_detector(path: Path, output: str) -> Path:
    """x: Bx3xHxW in B, G, R, normalised as PP-OCR's -> 1 where red is much above green, and up to 4 pixels around."""
    nodes = [
        helper.make_node("Gather", ["x", "green"], ["greens"], axis=1),
        helper.make_node("Gather", ["x", "red"], ["reds"], axis=1),
        helper.make_node("Sub", ["reds", "greens"], ["differs"]),
        helper.make_node("Sub", ["differs", "one"], ["above"]),
        helper.make_node("Clip", ["above", "zero", "one"], ["is_text"]),
        helper.make_node("MaxPool", ["is_text"], [output], kernel_shape=[9, 9], pads=[4, 4, 4, 4]),
    ]
    constants = {"green": np.array([1]), "red": np.array([2])}
    constants.update(one=np.array(1, np.float32), zero=np.array(0, np.float32))
    return _save(nodes, {"x": (_FLOAT, ["b", 3, "h", "w"])}, {output: (_FLOAT, ["b", 1, "h", "w"])}, constants, path)


def subject(path: Path, name: str, side: int, outputs: Sequence[str], mean: Sequence[float], deviation: float) -> Path:
    """An input of that name, 1x3xSxS as R, G, B, normalised -> as many maps as there are outputs, 1x1xSxS.

    A convolution, random but for what passes, is in front. The first map is 1 (or a large logit where there is one
    output alone, as of BiRefNet) where red is above a half once the normalisation is undone; the others are 0.
    """
    rng = np.random.default_rng(0)
    weight = (
        rng.normal(0, 1e-4, (3, 3, 3, 3)) + np.eye(3)[:, :, None, None] * np.eye(3)[1] * np.eye(3)[1][:, None]
    ).astype("f4")
    nodes = [
        helper.make_node("Conv", [name, "weight"], ["seen"], pads=[1, 1, 1, 1]),
        helper.make_node("Mul", ["seen", "deviation"], ["scaled"]),
        helper.make_node("Add", ["scaled", "mean"], ["levels"]),
        helper.make_node("Gather", ["levels", "red"], ["reds"], axis=1),
        helper.make_node("Sub", ["reds", "half"], ["above"]),
        helper.make_node("Mul", ["above", "steep"], ["logit"]),
        helper.make_node("Identity" if len(outputs) == 1 else "Sigmoid", ["logit"], [outputs[0]]),
        *(helper.make_node("Mul", ["logit", "nothing"], [other]) for other in outputs[1:]),
    ]
    levels = {"mean": np.array(mean, "f4").reshape(1, 3, 1, 1), "deviation": np.full((1, 3, 1, 1), deviation, "f4")}
    scalars = {"half": 0.5, "steep": 200.0, "nothing": 0.0}
    constants = {"weight": weight, "red": np.array([0]), **levels}
    constants.update({key: np.full((1, 1, 1, 1), value, "f4") for key, value in scalars.items()})
    given = {output: (_FLOAT, [1, 1, side, side]) for output in outputs}
    return _save(nodes, {name: (_FLOAT, [1, 3, side, side])}, given, constants, path)

"""A network in an ONNX file, on the processor: run by onnxruntime, or by OpenCV 5 where that is not installed.

Both give the same numbers. onnxruntime is faster; docs/models.md says by how much.
"""

from __future__ import annotations

import importlib.util
import os
import threading
from pathlib import Path
from typing import Any, Callable, Mapping, Protocol, Sequence, Union

import cv2
import numpy as np

from ...errors import ModelUnavailable
from ...geometry import Array
from ..packages import opencv_runs_onnx

_SHORT = ("allocate", "bad_alloc", "bad allocation", "insufficient memory")  # what either says when memory runs out
_NEWER = ("Unsupported model IR version", "opset version")  # of onnxruntime, for a file that it is too old for
# How a file names another one that holds its weights (onnx.proto, TensorProto.external_data). onnxruntime keeps to the
# folder of the file; OpenCV reads whatever it names.
_LOCATION = b"\x0a\x08location\x12"
Feeds = Mapping[str, Array]


class Network(Protocol):
    """Arrays by the names of the inputs -> the outputs, in the order that `open_network` was given."""

    nbytes: int  # of the file, which is about what the weights take

    def __call__(self, feeds: Feeds) -> list[Array]:
        """One pass. Several threads may call at once. Raises MemoryError where memory runs out."""
        ...


def open_network(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> Network:
    """The network in a file, which has to have inputs and outputs of these names.

    Raises ModelUnavailable when the file is damaged or holds another network, MemoryError where it does not fit.
    """
    kind = _runtime()
    try:
        network = kind(path, outputs)
    except (MemoryError, ModelUnavailable):
        raise
    except Exception as error:  # both have many kinds, for many parts of a file
        _raise_if_short(error, path)
        if any(phrase in str(error) for phrase in _NEWER):
            raise ModelUnavailable(
                f"{path} is newer than the onnxruntime here, which cannot run it ({error})."
            ) from error
        damaged = f"{path} is damaged, cut short or no ONNX file; delete it and download it again."
        raise ModelUnavailable(damaged) from error
    if not set(outputs) <= network.outputs or not (network.inputs is None or set(inputs) == network.inputs):
        raise ModelUnavailable(
            f"{path} holds another network than the one that is expected there; delete it and download it again."
        )
    return network


class _InOnnxRuntime:
    def __init__(self, path: Path, outputs: Sequence[str]) -> None:
        import onnxruntime

        options: Any = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors only; they are raised as well
        options.intra_op_num_threads = _threads()
        options.enable_cpu_mem_arena = False  # an eighth slower, but what a pass takes is given back after it
        self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._wanted = list(outputs)
        self.inputs = {each.name for each in self._session.get_inputs()}
        self.outputs = {each.name for each in self._session.get_outputs()}
        self.nbytes = path.stat().st_size

    def __call__(self, feeds: Feeds) -> list[Array]:
        return _run(lambda: self._session.run(self._wanted, dict(feeds)))


class _InOpenCV:
    inputs = None  # it does not tell them

    def __init__(self, path: Path, outputs: Sequence[str]) -> None:
        content = path.read_bytes()  # OpenCV may not be able to open its name
        if _LOCATION in content:
            raise ModelUnavailable(f"{path} asks for other files, which the published one does not; download it again.")
        self._net: Any = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
        self._lock = threading.Lock()  # what is set stays in it until the pass
        self._all = list(self._net.getUnconnectedOutLayersNames())
        self._wanted = list(outputs)
        self.outputs = set(self._all)
        self.nbytes = path.stat().st_size

    def __call__(self, feeds: Feeds) -> list[Array]:
        with self._lock:
            given = _run(lambda: self._pass(feeds))
        return [given[self._all.index(name)] for name in self._wanted]

    def _pass(self, feeds: Feeds) -> list[Array]:
        for name, value in feeds.items():
            self._net.setInput(value, name)
        return [np.array(each) for each in self._net.forward(self._all)]  # its own memory is written to again


def _run(work: Callable[[], list[Array]]) -> list[Array]:
    try:
        return work()
    except Exception as error:
        _raise_if_short(error, None)
        raise


def _raise_if_short(error: Exception, path: object) -> None:
    if isinstance(error, MemoryError) or any(phrase in str(error) for phrase in _SHORT):
        what = f"load {path}" if path else "run a network"
        raise MemoryError(f"There is not enough memory to {what}.") from error


def _runtime() -> Callable[[Path, Sequence[str]], Union[_InOnnxRuntime, _InOpenCV]]:
    """What runs a file. Raises ModelUnavailable where neither can."""
    if _has_onnxruntime():
        try:
            import onnxruntime

            onnxruntime.InferenceSession  # noqa: B018  # what is left of an installation has none
            return _InOnnxRuntime
        except (ImportError, AttributeError) as error:
            if not opencv_runs_onnx():
                raise ModelUnavailable(f"The package onnxruntime is here, but cannot be used ({error}).") from error
    return _InOpenCV


def _has_onnxruntime() -> bool:
    return importlib.util.find_spec("onnxruntime") is not None


def _threads() -> int:
    """How many threads a pass may use, as for torch; 0 leaves it to onnxruntime."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() else 0

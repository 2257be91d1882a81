"""What several tests share: real photographs, and a machine on which nothing is downloaded."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:  # each worker has a core for itself; more threads would wait for each other
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy and torch are imported; programs that tests start too

import numpy as np
import pytest

with contextlib.suppress(ImportError):  # the tests of tests/webui/ run without it
    import hypothesis

    slow = hypothesis.HealthCheck.too_slow  # like a deadline, it judges how busy the machine is, not what is tested
    hypothesis.settings.register_profile("any machine", deadline=None, suppress_health_check=[slow])
    hypothesis.settings.load_profile("any machine")


@pytest.fixture(autouse=True)
def no_models_no_network(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test starts as on a fresh machine: no model files anywhere, nothing may be fetched by mistake."""
    empty = tmp_path_factory.mktemp("machine")
    monkeypatch.setenv("INPAINT_ANYTHING_MODELS", str(empty / "models"))
    monkeypatch.setenv("TORCH_HOME", str(empty / "torch"))
    monkeypatch.setenv("HF_HUB_CACHE", str(empty / "hf"))
    for name in ("HF_HUB_OFFLINE", "INPAINT_ANYTHING_OFFLINE", "INPAINT_ANYTHING_MIRROR", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def photos() -> dict[str, np.ndarray]:
    """Photographs from scikit-image's wheel, uint8 HxWx3 RGB."""
    from skimage import data

    return {name: getattr(data, name)() for name in ("coffee", "chelsea", "astronaut", "rocket")}


@pytest.fixture(scope="session")
def photo_folder(photos: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photographs as files: coffee.png, chelsea.jpg, astronaut.webp, more/rocket.png. Not to be written to."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("photos")
    (folder / "more").mkdir()
    Image.fromarray(photos["coffee"]).save(folder / "coffee.png")
    Image.fromarray(photos["chelsea"]).save(folder / "chelsea.jpg", quality=92)
    Image.fromarray(photos["astronaut"]).save(folder / "astronaut.webp", lossless=True)
    Image.fromarray(photos["rocket"]).save(folder / "more" / "rocket.png")
    return folder

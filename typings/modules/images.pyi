from typing import Any

from PIL import Image

from .processing import StableDiffusionProcessing

def flatten(img: Image.Image, bgcolor: str) -> Image.Image: ...
def image_grid(imgs: list[Image.Image], batch_size: int = ..., rows: int | None = ...) -> Image.Image: ...
def read_info_from_image(image: Image.Image) -> tuple[str | None, dict[str, Any]]: ...
def resize_image(resize_mode: int, im: Image.Image, width: int, height: int) -> Image.Image: ...
def save_image(
    image: Image.Image,
    path: str,
    basename: str,
    seed: int | None = ...,
    prompt: str | None = ...,
    extension: str = ...,
    info: str | None = ...,
    short_filename: bool = ...,
    grid: bool = ...,
    p: StableDiffusionProcessing | None = ...,
) -> tuple[str, str | None]: ...

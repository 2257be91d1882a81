from typing import Any, Callable, Sequence

from PIL import Image
from torch import Tensor

from .scripts import ScriptRunner
from .sd_models import CheckpointInfo, SdModel
from .sd_samplers_common import Sampler

class StableDiffusionProcessing:
    sd_model: SdModel
    prompt: Any  # a text, or one for each picture
    negative_prompt: Any
    styles: list[str]
    seed: Any  # a number, or one for each picture
    subseed: Any
    subseed_strength: float
    seeds: list[int]  # of the batch that is sampled now
    all_seeds: list[int]
    cfg_scale: float
    distilled_cfg_scale: float  # Forge and Neo
    n_iter: int
    batch_size: int
    batch_index: int
    iteration: int
    width: int
    height: int
    sampler: Sampler
    refiner_checkpoint_info: CheckpointInfo | None
    override_settings: dict[str, Any]
    extra_generation_params: dict[str, Any]
    outpath_samples: str
    outpath_grids: str
    do_not_save_samples: bool
    do_not_save_grid: bool
    is_api: bool
    scripts: ScriptRunner | None
    script_args: Sequence[Any]

    def __init__(self, **kwargs: Any) -> None: ...
    def comment(self, text: str) -> None: ...
    def save_samples(self) -> bool: ...
    def close(self) -> None: ...
    def sample(self, *args: Any, **kwargs: Any) -> Tensor: ...

class StableDiffusionProcessingTxt2Img(StableDiffusionProcessing):
    txt2img_image_conditioning: Callable[..., Tensor]

class StableDiffusionProcessingImg2Img(StableDiffusionProcessing):
    init_images: list[Image.Image]
    resize_mode: int
    denoising_strength: float
    image_cfg_scale: float | None
    image_mask: Image.Image | None
    latent_mask: Image.Image | None
    mask_for_overlay: Image.Image | None
    mask_blur: int
    mask_blur_x: int
    mask_blur_y: int
    mask_round: bool
    inpainting_fill: int
    inpainting_mask_invert: int
    inpaint_full_res: bool
    inpaint_full_res_padding: int
    overlay_images: list[Image.Image] | None
    paste_to: tuple[int, int, int, int] | None
    init_latent: Tensor
    img2img_image_conditioning: Callable[..., Tensor]

class Processed:
    images: list[Image.Image]
    infotexts: list[str]
    info: str
    width: int
    height: int
    batch_size: int
    index_of_first_image: int
    all_prompts: list[str]
    all_negative_prompts: list[str]
    all_seeds: list[int]
    all_subseeds: list[int]
    extra_generation_params: dict[str, Any]

    def __init__(
        self, p: StableDiffusionProcessing, images_list: list[Image.Image], seed: int = ..., info: str = ...
    ) -> None: ...

def process_images(p: StableDiffusionProcessing) -> Processed: ...
def fix_seed(p: StableDiffusionProcessing) -> None: ...
def create_binary_mask(image: Image.Image, round: bool = ...) -> Image.Image: ...

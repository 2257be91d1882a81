"""img2img's own mask blur, which is two numbers of the processing object, or one, in Forge Neo, that both give back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modules.processing import StableDiffusionProcessingImg2Img as Processing

BOTH = ("mask_blur_x", "mask_blur_y")
ONE = ("mask_blur",)


def no_mask_blur(p: Processing) -> dict[str, int]:
    """What to set on `p` so that its mask is not blurred: the numbers that count in this WebUI."""
    can_be_set = not isinstance(getattr(type(p), BOTH[0], None), property)
    return dict.fromkeys(BOTH if can_be_set else ONE, 0)

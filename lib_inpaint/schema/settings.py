"""What is chosen once, for all pictures: on the WebUI's Settings page."""

from __future__ import annotations

from pydantic import Field

from .base import Request

_BEST = "auto takes the best that is there"


class Settings(Request):
    """The section "Inpaint Anything"."""

    segmenter: str = Field(default="auto", title="Segmenter for auto", description=_BEST)
    eraser: str = Field(default="auto", title="Eraser for auto", description=_BEST)
    detector: str = Field(default="auto", title="Detector for auto", description=_BEST)
    text_detector: str = Field(default="auto", title="Text detector for auto", description=_BEST)
    subject_detector: str = Field(default="auto", title="Subject detector for auto", description=_BEST)
    embeddings: int = Field(
        default=1024, ge=0, le=65536, title="Encoded pictures to keep", description="In MB; counts after a restart"
    )
    models: int = Field(
        default=4096, ge=0, le=65536, title="Models to keep loaded", description="In MB; counts after a restart"
    )
    idle: int = Field(
        default=300,
        ge=0,
        le=86400,
        title="Seconds without use until models leave the GPU",
        description="They wait in the machine's own memory; 0 leaves them there",
    )
    folders_of_models: str = Field(
        default="",
        title="Model folders",
        description="Looked into before the WebUI's own, such as ComfyUI's models; several are separated as in PATH. "
        "Downloads go into the first",
    )
    output_folder: str = Field(default="", title="Output folder", description="Empty takes that of img2img")
    save: bool = Field(default=True, title="Save results")
    offline: bool = Field(default=False, title="Offline", description="Download nothing")
    trusted_names: str = Field(
        default="",
        max_length=1000,
        title="Names of a proxy in front",
        description="By which people call it, such as pictures.example; counts after Reload UI",
    )
    colour: str = Field(default="#1e90ff", max_length=30, title="Colour of the mask")
    opacity: float = Field(default=0.5, ge=0, le=1, title="Opacity of the mask")
    hover: bool = Field(
        default=True, title="Preview under the pointer", description="Where the segmenter is fast enough"
    )

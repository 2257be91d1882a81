"""The models there are, in the order in which they are shown. Data only: what the words mean is in registry.py."""

from __future__ import annotations

from .registry import Model

_SEGMENTERS = (
    Model(
        name="classic",
        label="Classic (no download)",
        kind="segmenter",
        loader="classic:load",
        about="Nothing to download: finds the region by colour and edges; good on clear outlines, coarse on busy ones.",
        licence="Same as this project",
    ),
)

_ERASERS = (
    Model(
        name="exemplar",
        label="Exemplar (no download)",
        kind="eraser",
        loader="fillers:load",
        about="Nothing to download: goes on with the texture around, in pieces of it; good for grass, walls and sand.",
        options={"method": "exemplar"},
        licence="Same as this project",
    ),
    Model(
        name="telea",
        label="Telea (no download)",
        kind="eraser",
        loader="fillers:load",
        about="Nothing to download: marches inwards from the border; good for scratches, wires and small spots.",
        options={"method": "telea"},
        licence="Same as this project",
    ),
    Model(
        name="navier-stokes",
        label="Navier-Stokes (no download)",
        kind="eraser",
        loader="fillers:load",
        about="Nothing to download: lets lines at the border flow on into the hole; good for thin marks across edges.",
        options={"method": "navier-stokes"},
        licence="Same as this project",
    ),
    Model(
        name="blur",
        label="Blur (no download)",
        kind="eraser",
        loader="fillers:load",
        about="Nothing to download: a smooth blend of the colours around; good for skies, and as a start for a prompt.",
        options={"method": "blur"},
        licence="Same as this project",
    ),
    Model(
        name="neutral",
        label="Neutral colour (no download)",
        kind="eraser",
        loader="fillers:load",
        about="Nothing to download: one flat colour, the mean of the border; only a start for filling from a prompt.",
        options={"method": "neutral"},
        licence="Same as this project",
    ),
)

MODELS: tuple[Model, ...] = (*_SEGMENTERS, *_ERASERS)

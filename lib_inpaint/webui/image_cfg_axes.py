"""The fields of image CFG as axes of the WebUI's X/Y/Z plot."""

from __future__ import annotations

import functools
from contextlib import ExitStack
from typing import Any, Callable

from ..schema import FieldInfo, ImageCfgRequest, build, copy_with, fields_of
from .image_cfg import guided


def add_axes(xyz_grid: Any) -> None:
    """Offer the scales, schedules and interval as axes of X/Y/Z plot, whose module this is. Again to no effect."""
    there = {option.label for option in xyz_grid.axis_options}
    for field in fields_of(ImageCfgRequest):
        label = f"[Inpaint Anything] {field.label}"
        if field.infotext and not isinstance(field.default, tuple) and label not in there:
            choices = functools.partial(list, field.choices) if field.choices else None
            option = xyz_grid.AxisOption(
                label, type(field.default), _apply(field), confirm=_confirm(field), choices=choices
            )
            xyz_grid.axis_options.append(option)


def _confirm(field: FieldInfo) -> Callable[[Any, list[Any]], None]:
    def confirm(_: Any, values: list[Any]) -> None:
        """Raises BadRequest before the plot starts."""
        for value in values:
            build(ImageCfgRequest, {field.name: value})

    return confirm


class _Cell(ExitStack):
    """The guidance of one cell. The plot makes a copy of `p` for each, on which this stays until both are let go."""

    request: ImageCfgRequest


def _apply(field: FieldInfo) -> Callable[[Any, Any, Any], None]:
    def apply(p: Any, value: Any, _: Any) -> None:
        """Guide this cell of the plot with this value, and with what the axes before it asked for."""
        cell: Any = vars(p).get("image_cfg_cell")
        if cell is None:
            cell = p.image_cfg_cell = _Cell()
            image_cfg = getattr(p, "image_cfg_scale", None)
            own = {"text_cfg": p.cfg_scale} if image_cfg is None else {"text_cfg": p.cfg_scale, "image_cfg": image_cfg}
            cell.request = build(ImageCfgRequest, own)
        cell.request = copy_with(cell.request, **{field.name: value})
        cell.enter_context(guided(p, cell.request))

    return apply

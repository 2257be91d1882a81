"""Differential diffusion in a real A1111 or Forge: against the paper's algorithm, for every sampler."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pictures import IMG2IMG, as_text, asks, body, photo, pixels

from lib_inpaint.schema import PointMaskRequest

TITLE = "Inpaint Anything: point mask"
SINGLE = [
    "Euler",
    "Euler a",
    "LMS",
    "DPM++ 2M",
    "DPM++ 2M SDE",
    "DDIM",
    "ER SDE",
    "Euler CFG++",
]  # that call the network once a step
SEVERAL = [
    "Heun",
    "DPM2",
    "DPM++ SDE",
    "DPM++ 2S a",
    "PLMS",
    "UniPC",
    "DPM fast",
    "DPM adaptive",
    "Restart",
    "DDIM CFG++",
    "Res Multistep",
    "Kohaku LoNyu Yog",
    "DPM++ 2M CFG++",
]
STEPS = 8
RAW = {"override_settings": {"overlay_inpaint": False}}  # what was sampled, with nothing laid over it
OFF_BY_ROUNDING = 1  # of 255


def ask(**values: Any) -> dict[str, Any]:
    """Click on the square, whose feather goes up to the edge of the picture."""
    given = {"points": "32,32", "segmenter": "classic", "feather": 24, "only_masked": False, "show_mask": True}
    return asks(TITLE, PointMaskRequest, **{**given, "blend": "differential", **values})


def run(webui: Any, script: dict[str, Any], blending: dict | None = None, **changes: Any) -> dict[str, Any]:
    changes = {"steps": STEPS, "denoising_strength": 0.99, **changes}
    return webui.post(path=IMG2IMG, body={**body(webui, **changes), **ask(**script)}, blending=blending)


def cells(mask: np.ndarray) -> np.ndarray:
    """How much of each 8x8 block is masked, 0 to 1; float 8x8 of uint8 64x64."""
    return mask.reshape(8, 8, 8, 8).mean((1, 3)) / 255


def held(answer: dict[str, Any]) -> list[np.ndarray]:
    """For each call of the denoiser, where it is shown the noised original; bool 8x8."""
    (original, noise), *calls = answer["seen"]
    found = []
    for kept, level, x in calls:
        expected = kept * original + level * noise
        found.append(np.isclose(x, expected, rtol=1e-5, atol=1e-4 * max(1, level)).all((0, 1)))
    return found


@pytest.mark.parametrize("sampler", ["Euler", "Euler a", "Heun", "DPM++ 2M", "DDIM"])
@pytest.mark.parametrize("checkpoint", ["tiny", "tiny-inpainting"])
def test_it_is_the_published_method(webui, sampler: str, checkpoint: str) -> None:
    told = {"checkpoint": checkpoint, "sampler_name": sampler, **RAW}
    ours = run(webui, {}, **told)
    made, shown = pixels(ours)
    mask = shown[..., 0]
    assert len(np.unique(cells(mask))) > 5
    stock = body(webui, steps=STEPS, denoising_strength=0.99, **told)
    by_hand = {"mask": as_text(mask), "inpainting_fill": 1, "inpaint_full_res": False}
    blending = {"mask": mask, "sampler": sampler}
    paper = webui.post(path=IMG2IMG, body={**stock, **by_hand}, blending=blending)
    assert ours["rows"] == paper["rows"]
    difference = np.abs(made.astype(int) - pixels(paper)[0]).max()
    print(f"{sampler}, {checkpoint}: {difference} of 255")
    assert difference <= OFF_BY_ROUNDING
    plain = webui.post(path=IMG2IMG, body={**stock, **by_hand})
    assert np.abs(made.astype(int) - pixels(plain)[0]).max() > 20, "and it is not what img2img does by itself"


@pytest.mark.parametrize("sampler", SINGLE)
def test_each_cell_is_held_until_its_step(webui, sampler: str) -> None:
    answer = run(webui, {}, blending={}, sampler_name=sampler)
    mask, found = cells(pixels(answer)[1][..., 0]), held(answer)
    assert len(found) >= STEPS - 2
    assert found[0][mask < 1].all()
    for step, where in enumerate(found[1:], 1):  # all of the latent begins as the noised original
        assert np.array_equal(where, 1 - mask > step / len(found)), f"step {step} of {len(found)}"


@pytest.mark.parametrize("sampler", SEVERAL)
def test_with_samplers_of_higher_order_too(webui, sampler: str) -> None:
    answer = run(webui, {}, blending={}, sampler_name=sampler)
    assert set(answer["left_behind"]) <= {"cond_scale_miltiplier"}, "which Forge's own DDIM CFG++ leaves"
    mask, found = cells(pixels(answer)[1][..., 0]), held(answer)
    levels = [level for _, level, _ in answer["seen"][1:]]
    assert found[0][mask < 1].all()
    for where in found[1:]:  # all of the latent begins as the noised original
        assert where[mask == 0].all()
        assert not where[mask == 1].any()
        assert mask[where].max() <= min(mask[~where], default=1), "what is masked more is free earlier"
    order = np.argsort(levels[1:], kind="stable")[::-1] + 1  # Restart goes back up
    areas = [int(found[call].sum()) for call in order]
    assert areas == sorted(areas, reverse=True)
    assert areas[-1] <= (mask < 0.3).sum()
    assert len(set(areas)) > 3


def test_each_picture_of_a_batch_and_each_batch_is_held(webui) -> None:
    several = run(webui, {}, batch_size=2, n_iter=2)
    for place in range(4):
        alone = run(webui, {}, seed=7 + place)
        assert np.abs(pixels(several)[place].astype(int) - pixels(alone)[0]).max() <= OFF_BY_ROUNDING


@pytest.mark.parametrize("content", ["fill", "latent noise", "latent nothing", "telea"])
@pytest.mark.parametrize("only_masked", [True, False])
def test_outside_the_mask_is_the_picture_and_in_the_feather_a_blend(webui, content: str, only_masked: bool) -> None:
    answer = run(webui, {"masked_content": content, "feather": 8, "only_masked": only_masked})
    made, shown = pixels(answer)
    mask = shown[..., 0]
    assert np.array_equal(made[mask == 0], photo()[mask == 0])
    bare = pixels(run(webui, {"masked_content": content, "feather": 8, "only_masked": only_masked}, **RAW))[0]
    if not only_masked:
        weight = mask[..., None] / 255
        assert np.abs(made - (bare * weight + photo() * (1 - weight))).max() <= 1


def test_latent_noise_is_only_where_all_may_change(webui) -> None:
    answer = run(webui, {"masked_content": "latent noise"}, blending={})
    plain = run(webui, {"masked_content": "fill"}, blending={})  # which the WebUI does first
    (noisy, _), (clean, _) = answer["seen"][0], plain["seen"][0]
    mask = cells(pixels(answer)[1][..., 0])
    differs = np.abs(noisy - clean).max((0, 1))
    assert (differs[mask < 1] < 0.05).all(), "but for the VAE's own noise"
    assert (differs[mask == 1] > 0.1).all()


def test_with_a_hard_mask_along_the_cells_it_changes_the_same_part(webui) -> None:
    box = {"points": "", "box": "16,16,48,48", "feather": 0}
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:48] = 255
    strokes = {"points": '{"strokes": [{"points": [[32, 32]], "radius": 12}]}', "box": "", "feather": 0}
    for script in (box, strokes):
        made, shown = pixels(run(webui, script))
        inside = shown[..., 0] > 0
        assert np.array_equal(made[~inside], photo()[~inside])
        assert (made[inside] != photo()[inside]).any(axis=1).mean() > 0.9

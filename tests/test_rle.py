"""Run lengths of masks: the strings of pycocotools, there and back."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib_inpaint.errors import BadRequest
from lib_inpaint.geometry import Box, Size
from lib_inpaint.imaging import rle

# Written by pycocotools 2.0: mask.encode(np.asfortranarray(array))["counts"].
KNOWN = [
    (np.zeros((4, 5), np.uint8), "d0"),
    (np.full((4, 5), 255, np.uint8), "0d0"),
    (np.pad(np.full((2, 3), 255, np.uint8), ((1, 3), (2, 4))), "=24000g0"),
    (
        np.where(np.add.outer(np.arange(40), np.arange(60)) % 37 < 11, 255, 0).astype(np.uint8),
        "0;j0200000000000000000NWOFi0:20000000000000000000000000000000000000000000000000NFWO:i020000000000000000000NWOFi0:200000000000000000000000B",
    ),
]


@pytest.mark.parametrize(("mask", "counts"), KNOWN)
def test_known_strings(mask: np.ndarray, counts: str) -> None:
    assert rle.encode(mask) == counts
    np.testing.assert_array_equal(rle.decode(counts, Size.of(mask)), mask)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_there_and_back(height: int, width: int, seed: int, share: float) -> None:
    mask = np.where(np.random.default_rng(seed).random((height, width)) < share, np.uint8(255), np.uint8(0))
    np.testing.assert_array_equal(rle.decode(rle.encode(mask), Size(width, height)), mask)


@pytest.mark.parametrize("counts", ["", "d", "d0d0", "e0", "\x1f", "é", "oooooooooooo0", "N5", "0O5d0"])
def test_what_does_not_fill_the_mask_is_refused(counts: str) -> None:
    with pytest.raises(BadRequest, match="run lengths"):
        rle.decode(counts, Size(5, 4))


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(min_codepoint=40, max_codepoint=120), max_size=40))
def test_any_string_is_a_mask_or_a_bad_request(counts: str) -> None:
    with contextlib.suppress(BadRequest):
        assert rle.decode(counts, Size(5, 4)).shape == (4, 5)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_part_is_written_as_the_whole_mask_with_it(data: st.DataObject) -> None:
    width, height = (data.draw(st.integers(1, 9)) for _ in range(2))
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Box(left, top, data.draw(st.integers(left, width)), data.draw(st.integers(top, height)))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    part = np.where(random.random(box.size[::-1]) < data.draw(st.floats(0, 1)), np.uint8(255), np.uint8(0))
    whole = np.zeros((height, width), np.uint8)
    whole[box.slices] = part
    counts = rle.encode_part(part, box, Size(width, height))
    assert counts == rle.encode(whole)
    np.testing.assert_array_equal(rle.decode(counts, Size(width, height)), whole)

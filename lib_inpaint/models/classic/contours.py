"""How surely there is the edge of a thing between two patches that touch.

Gradients of lightness, colour and texture at several scales, and how unlike the two patches are, weighed by a small
network that was fitted to the edges that people drew in the Berkeley Segmentation Dataset (BSDS500). After Martin,
Fowlkes and Malik, "Learning to detect natural image boundaries using local brightness, color, and texture cues", 2004.
"""

from __future__ import annotations

import cv2
import numpy as np

from .weights import CONTOUR

_SCALES = (1, 2, 4, 8)  # pixels


def pixel_cues(lab: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """float32 HxWx3 Lab -> float32 HxWx11, what speaks for an edge at each pixel, and float32 HxW, how rough it is."""
    light, colour = np.ascontiguousarray(lab[..., :1]), np.ascontiguousarray(lab[..., 1:])
    cues = [gradient(channels, scale) for scale in _SCALES for channels in (light, colour)]
    fine = np.abs(cv2.Laplacian(cv2.GaussianBlur(light, (0, 0), 0.7), cv2.CV_32F)).reshape(lab.shape[:2])
    rough = np.log1p(cv2.GaussianBlur(fine, (0, 0), 2.5).reshape(fine.shape)) * 10
    cues += [gradient(rough[..., None], scale) for scale in _SCALES[2:]]
    sharp = np.sqrt(cues[0] ** 2 + cues[1] ** 2)
    cues.append(10 * sharp / (cv2.GaussianBlur(sharp, (0, 0), 12).reshape(sharp.shape) + 1))
    return np.log1p(np.stack(cues, 2)), rough


def gradient(channels: np.ndarray, scale: float) -> np.ndarray:
    """float32 HxWxC -> float32 HxW: how fast the channels together change, times the scale in pixels."""
    soft = cv2.GaussianBlur(channels, (0, 0), scale).reshape(channels.shape)
    total = np.zeros(channels.shape[:2], np.float32)
    for channel in cv2.split(soft):
        for x, y in ((1, 0), (0, 1)):
            total += cv2.Scharr(channel, cv2.CV_32F, x, y, scale=1 / 32).reshape(total.shape) ** 2
    return np.sqrt(total) * scale


def contour(cues: np.ndarray, pairs: np.ndarray, colour: np.ndarray, soft: np.ndarray, rough: np.ndarray) -> np.ndarray:
    """float32 E, 0..1: the probability of an edge between two patches.

    cues: float32 Ex11, the means of pixel_cues where they touch. pairs: int Ex2. colour: float Px3 Lab, soft: float PxC
    histograms, rough: float P, of the patches.
    """
    a, b = pairs.T
    apart = np.abs(colour[a] - colour[b])
    unlike = 1 - np.sqrt(soft[a] * soft[b]).sum(1)  # Bhattacharyya
    features = [
        np.log1p(apart[:, 0]),
        np.log1p(np.hypot(apart[:, 1], apart[:, 2])),
        unlike,
        np.abs(rough[a] - rough[b]),
    ]
    hidden = np.maximum(np.column_stack([cues, *features]) @ CONTOUR.inner + CONTOUR.inner_offset, 0)
    return (1 / (1 + np.exp(-(hidden @ CONTOUR.outer + CONTOUR.outer_offset)))).astype(np.float32)

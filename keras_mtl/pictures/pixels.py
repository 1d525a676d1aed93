"""Arrays as pictures that can be shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def is_picture(array: np.ndarray) -> bool:
    """Return whether an array is one picture: `(height, width)`, with or without channels."""
    if array.dtype.kind not in "biuf" or array.ndim not in (2, 3):
        return False
    return min(_channels_last(array).shape[:2]) > 1


def in_colours(array: np.ndarray) -> np.ndarray:
    """Return a picture as floats of shape `(height, width, 1 or 3)`.

    Four channels are colours and opacity, other numbers of channels are averaged.
    """
    picture = _channels_last(array).astype(np.float64)
    if picture.shape[-1] in (3, 4):
        return picture[..., :3]
    return picture.mean(axis=-1, keepdims=True)


def from_0_to_1(pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return pictures with values from 0 to 1, all of them scaled alike."""
    low = min(float(picture.min()) for picture in pictures)
    high = max(float(picture.max()) for picture in pictures)
    if low >= 0 and high <= 1:
        return list(pictures)
    # Bytes, or floats of the same range; other ranges are stretched.
    low, high = (0.0, 255.0) if low >= 0 and 32 < high <= 255 else (low, max(high, low + 1e-12))
    return [(picture - low) / (high - low) for picture in pictures]


def _channels_last(array: np.ndarray) -> np.ndarray:
    if array.ndim == 2:
        return array[..., None]
    # Pictures have more pixels along an edge than colours.
    channels_first = array.shape[0] in (1, 3) and array.shape[2] > 4
    return np.moveaxis(array, 0, -1) if channels_first else array

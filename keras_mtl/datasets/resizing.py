"""Resizing of pictures without a backend."""

from __future__ import annotations

import numpy as np
from PIL import Image

Size = tuple[int, int]


def resized(picture: np.ndarray, size: Size | None) -> np.ndarray:
    """Return a picture of another size, in the dtype in which it comes.

    Bilinear, with the triangle as wide as the pixels of the smaller of both sizes (antialiased), as
    `tf.image.resize(..., antialias=True)`; whole numbers are rounded.

    Args:
        picture: Of shape `(height, width, channels)`.
        size: The new height and width; None for a picture as it is.
    """
    if size is None or picture.shape[:2] == size:
        return picture
    if picture.dtype == np.uint8 and picture.shape[2] in (1, 3, 4):
        image = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else picture)
        return np.asarray(_resized(image, size)).reshape(*size, picture.shape[2])
    channels = [
        np.asarray(_resized(Image.fromarray(channel), size))
        for channel in np.moveaxis(picture.astype(np.float32), 2, 0)
    ]
    result = np.stack(channels, axis=2)
    return (np.round(result) if picture.dtype.kind in "iu" else result).astype(picture.dtype)


def _resized(image: Image.Image, size: Size) -> Image.Image:
    height, width = size
    return image.resize((width, height), Image.Resampling.BILINEAR)

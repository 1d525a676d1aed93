"""A picture with a map laid over it, as a PNG."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from keras_mtl.errors import MissingExtra

EDGE = 128
"""Pixels of the longer edge, about: small pictures are enlarged, large ones reduced."""
COLOR, STRENGTH = (1.0, 0.35, 0.0), 0.7
"""The colour of a map, and how much of the picture it hides at its largest value."""


def overlaid_png(picture: NDArray[np.float64], heat: NDArray[np.float64] | None) -> bytes:
    """Return a picture as a PNG: the larger the map, the more colour is over it.

    Args:
        picture: Of shape `(height, width, 1 or 3)`, with values from 0 to 1.
        heat: Of shape `(height, width)` of any size, at least 0; None for no colour.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        from matplotlib.image import imsave
    except ImportError as error:
        raise MissingExtra("Showing pictures", "plots") from error
    factor = EDGE / max(picture.shape[:2])
    height, width = (max(1, round(size * factor)) for size in picture.shape[:2])
    shown = np.clip(_nearest(picture, height, width), 0, 1)
    colored = np.broadcast_to(shown, (height, width, 3))
    if heat is not None:
        share = STRENGTH * _smooth(heat / max(float(heat.max()), 1e-12), height, width)[..., None]
        colored = (1 - share) * colored + share * np.asarray(COLOR)
    written = BytesIO()
    imsave(written, colored, format="png")
    return written.getvalue()


def _nearest(picture: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    rows = (np.arange(height) + 0.5) * picture.shape[0] / height
    columns = (np.arange(width) + 0.5) * picture.shape[1] / width
    return picture[rows.astype(int)][:, columns.astype(int)]


def _smooth(heat: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """Return a map of another size, interpolated linearly between the middles of its cells."""
    for axis, size in enumerate((height, width)):
        places = (np.arange(size) + 0.5) * heat.shape[axis] / size - 0.5
        low = np.clip(np.floor(places).astype(int), 0, heat.shape[axis] - 1)
        high = np.clip(low + 1, 0, heat.shape[axis] - 1)
        part = np.clip(places - low, 0, 1).reshape([-1 if axis == one else 1 for one in (0, 1)])
        heat = (1 - part) * heat.take(low, axis) + part * heat.take(high, axis)
    return heat

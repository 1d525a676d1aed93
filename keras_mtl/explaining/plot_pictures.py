"""`plot_pictures`: pictures side by side, with a text above each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_mtl.errors import InvalidFeatures
from keras_mtl.pictures.contact_sheet import ContactSheet
from keras_mtl.pictures.drawing import drawn, saved
from keras_mtl.pictures.pixels import from_0_to_1, in_colours, is_picture

MOST = 600
"""Pictures on a sheet: more would be a figure that no program opens."""


def plot_pictures(
    pictures: Any, captions: Sequence[Any] | None = None, path: str | Path | None = None
) -> Any:
    """Draw pictures side by side, such as with what a model predicts for them.

    `Explanation.contact_sheet` draws those on which a model is wrong.

    Args:
        pictures: An array or a tensor of shape `(pictures, height, width)` or `(pictures, height,
            width, channels)`, or a list of pictures, which may differ in size. Bytes, or floats
            of any range: all are scaled alike.
        captions: The text above each picture, of one line or several; None for no text.
        path: Where to save the sheet; the ending says the format, such as `.png` or `.svg`.

    Returns:
        The path; a matplotlib figure if `path` is None.

    Raises:
        InvalidFeatures: They are no pictures, or hold NaN or infinite numbers.
        ValueError: There are no pictures, more than 600, or another number of captions.
        MissingExtra: matplotlib is not installed.

    Example:
        >>> import keras_mtl
        >>> x, y = keras_mtl.datasets.digits()["digit"]
        >>> keras_mtl.plot_pictures(x[:12], y[:12], "digits.png").name
        'digits.png'
    """
    shown = _checked_pictures(pictures)
    if isinstance(captions, str) or (captions is not None and len(captions) != len(shown)):
        given = repr(captions) if isinstance(captions, str) else f"{len(captions)} captions"
        raise ValueError(
            f"`captions` is a list with a text for each of the {len(shown)} pictures. "
            f"Received: {given}."
        )
    texts = [""] * len(shown) if captions is None else [str(one) for one in captions]
    sheet = ContactSheet(shown, [None] * len(shown), texts)
    if path is None:
        return drawn(sheet.draw, *sheet.size)
    return saved(sheet.draw, *sheet.size, path)


def _checked_pictures(pictures: Any) -> list[np.ndarray]:
    if not hasattr(pictures, "__len__") or isinstance(pictures, str | dict):
        raise InvalidFeatures(
            "`pictures` is an array of pictures, or a list of them. "
            f"Received: `{type(pictures).__name__}`."
        )
    if not 1 <= len(pictures) <= MOST:
        raise ValueError(f"`pictures` holds 1 to {MOST} pictures. Received: {len(pictures)}.")
    shown = []
    for number in range(len(pictures)):
        array = np.asarray(keras.ops.convert_to_numpy(pictures[number]))
        if not is_picture(array):
            raise InvalidFeatures(
                "A picture is numbers of the shape (height, width) or (height, width, channels). "
                f"Received: {array.dtype} of the shape {array.shape} for picture {number}."
            )
        picture = in_colours(array)
        if not np.isfinite(picture).all():
            raise InvalidFeatures(f"Picture {number} holds NaN or infinite numbers.")
        shown.append(picture)
    return from_0_to_1(shown)

"""Labels in arrays: where one is missing."""

from __future__ import annotations

import numpy as np


def label_column(array: np.ndarray, *, measured: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return labels, and booleans of shape `(rows,)`, True where there is none.

    A label is missing where it is NaN, None, an empty text, or masked, and where it is -1 beside
    several other classes, none of which is below it.

    Args:
        array: The labels.
        measured: Whether the labels are no classes, so that -1 is a number.
    """
    missing = np.zeros(len(array), bool)
    if isinstance(array, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(array)
        missing |= mask.reshape(len(array), -1).any(axis=1)
        array = array.filled("" if array.dtype == object else 0)
    if array.dtype == object:
        missing |= np.array([one is None or one == "" or one != one for one in array.tolist()])
    elif array.dtype.kind == "f":
        missing |= np.isnan(array).reshape(len(array), -1).any(axis=1)
    elif array.dtype.kind == "i" and array.ndim == 1 and not measured:
        found = np.unique(array)
        if len(found) > 2 and found[0] == -1:  # As in `fit`; beside one other it is a class.
            missing |= array == -1
    return array, missing

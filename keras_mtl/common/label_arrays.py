"""The rules that all readers of labels share: which arrays are labels, which are classes.

NumPy only, as the transferability scores need it too.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_mtl.common.number_arrays import number_array
from keras_mtl.errors import InvalidLabels


def label_array(labels: Any, subject: str, *, gaps: bool = False) -> np.ndarray:
    """Return labels as an array of real numbers with a row for each sample.

    Args:
        labels: An array, a pandas object or a list.
        subject: What messages begin with, such as "`y`".
        gaps: Whether None, and `pandas.NA`, become NaN; they are refused otherwise.

    Raises:
        InvalidLabels: They are text or objects, complex, one value, or rows of several shapes.
    """
    fix = (
        "Encode text first, for instance with "
        "`sklearn.preprocessing.LabelEncoder().fit_transform(y)`."
    )
    array = number_array(labels, subject, InvalidLabels, gaps=gaps, fix=fix)
    if array.ndim == 0:
        raise InvalidLabels(
            f"{subject} must have a row for each sample. Received one value: {array}."
        )
    return array


def are_whole(labels: np.ndarray) -> bool:
    """Return whether all labels are whole numbers, whatever their dtype."""
    return labels.dtype.kind in "biu" or bool((labels == np.floor(labels)).all())


def class_indices(labels: np.ndarray, subject: str) -> np.ndarray:
    """Return classes as integers; floats are accepted if all are whole.

    pandas holds classes as floats where a label is missing, and files of numbers often do.

    Raises:
        InvalidLabels: Some are not whole.
    """
    if not are_whole(labels):
        fractional = labels != np.floor(labels)
        first = tuple(np.argwhere(fractional)[0].tolist())
        raise InvalidLabels(
            f"{subject} must be whole numbers where classes are meant; for measured numbers pass "
            f'`kind="regression"`. Received: {int(fractional.sum())} of {labels.size} that are '
            f"not, the first at index {first} is {labels[first]:.4g}."
        )
    return labels.astype(np.int32) if labels.dtype.kind == "f" else labels

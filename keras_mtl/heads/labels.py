"""Labels are checked against the head that learns them, before training starts."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.common.label_arrays import label_array
from keras_mtl.common.number_arrays import check_finite
from keras_mtl.common.shapes import Shape
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.head import Head


def check_labels(head: Head, labels: Any, *, argument: str = "y") -> np.ndarray:
    """Return the labels as an array that `fit` takes, if they fit the head.

    Every sample needs its label here; `batches.missing_labels` reads labels with gaps.

    Args:
        head: The head that is to learn the labels.
        labels: An array, a tensor, a pandas object or a list.
        argument: What messages call the labels.

    Returns:
        An array of the same shape and values. Class indices become integers: floats are accepted
        if all of them are whole.

    Raises:
        InvalidLabels: They have the wrong dtype, shape or values, or there are none.
    """
    subject = f"`{argument}`"
    if np.ma.is_masked(labels):
        raise InvalidLabels(
            f"{subject} is a masked array in which {np.ma.count_masked(labels)} values are masked. "
            "Leave out their samples."
        )
    array = label_array(without_tensor(labels), subject)
    if not len(array):
        raise InvalidLabels(f"{subject} is empty; expected a label for each sample.")
    return fitting_labels(head, array, subject)


def fitting_labels(head: Head, array: np.ndarray, subject: str) -> np.ndarray:
    """Return labels that fit the head; class indices as integers.

    Args:
        head: The head that is to learn the labels.
        array: Real numbers, one row for each sample.
        subject: What messages begin with, such as "`y`".

    Raises:
        InvalidLabels: They are not finite, or have the wrong shape or values.
    """
    check_finite(array, subject, InvalidLabels)
    return head.task_kind.check_labels(array, head.units, _places(head), subject)


def without_tensor(values: Any) -> Any:
    """Return a tensor of the backend as a NumPy array; anything else as it is."""
    return keras.ops.convert_to_numpy(values) if keras.ops.is_tensor(values) else values


def _places(head: Head) -> Shape:
    """Return the dimensions between samples and units, for an output at every place."""
    return tuple(head.output.shape[1:-1]) if head.pooling == "none" else ()

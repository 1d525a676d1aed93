"""Labels, some of which may be missing, as arrays and masks."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Number
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.values import in_floatx
from keras_mtl.errors import InvalidLabels, InvalidTaskData
from keras_mtl.heads.head import Head
from keras_mtl.heads.labels import check_labels

MISSING_CLASS = -1
"""Stands for a class that is not known."""


def read_labels(
    y: Any, task: str, head: Head | None = None, mask: Any = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """The labels of a task, and which rows have one.

    A label is missing where `mask` is False, where a masked array is masked, where it is NaN, and
    where it is -1 in integers for a head of the kind `"classification"`. Of a binary head -1 is
    refused: as likely as missing it is the other class.

    Args:
        y: Labels with one row for each sample.
        task: The name of the task.
        head: The head that is to learn them, if it is one that knows its kind.
        mask: Booleans of shape `(samples,)`, True where the row has its label; or None.

    Returns:
        The labels, 0 where they are missing, and the mask; None if none is missing.

    Raises:
        InvalidLabels: They do not fit the head, or a row has only a part of its labels.
    """
    array = _as_numbers(y, task)
    missing = _missing(y, array, head)
    absent = _over_row(missing, np.all)
    if mask is not None:
        absent = absent | ~_checked_mask(mask, task, len(array))
    _refuse_parts(missing, absent, task)
    if not absent.any():
        return _checked(array, task, head), None
    filled = np.where(absent.reshape(-1, *[1] * (array.ndim - 1)), 0, array).astype(array.dtype)
    return _checked(filled, task, head), ~absent


def check_label_spec(spec: Any, task: str, head: Head | None = None) -> None:
    """Refuse labels of which it is known beforehand that their shape or dtype does not fit.

    Args:
        spec: What stands for the labels in the `element_spec` of a `tf.data.Dataset`.
        task: The name of the task.
        head: The head that is to learn them, if it is one that knows its kind.

    Raises:
        InvalidLabels: They do not fit the head.
    """
    if spec.shape.rank is None or None in tuple(spec.shape)[1:]:
        return
    dtype = "U1" if spec.dtype.name == "string" else spec.dtype.as_numpy_dtype
    # Zeros are labels of every kind.
    read_labels(np.zeros([size or 1 for size in spec.shape], dtype), task, head)


def _as_numbers(y: Any, task: str) -> np.ndarray:
    if keras.ops.is_tensor(y):
        y = keras.ops.convert_to_numpy(y)
    if isinstance(y, np.ma.MaskedArray):
        y = y.filled(0)  # What is under the mask may be anything.
    try:
        array = np.asarray(y)
    except ValueError as error:
        raise InvalidLabels(f"The labels of `{task}` are no array of numbers: {error}") from error
    if array.dtype == object:
        array = _without_objects(array)
    if array.ndim == 0:
        raise InvalidLabels(f"The labels of `{task}` are one value; expected one for each sample.")
    if array.dtype.kind not in "biuf":
        raise InvalidLabels(
            f"The labels of `{task}` must be numbers. Received: {array.dtype}, such as "
            f"{array.ravel()[:1].tolist()}. Encode text first, for instance with "
            "`sklearn.preprocessing.LabelEncoder().fit_transform(y)`."
        )
    return array


def _without_objects(array: np.ndarray) -> np.ndarray:
    """Floats instead of numbers among which some are None, or what pandas has for it."""
    values = [np.nan if _not_available(value) else value for value in array.ravel().tolist()]
    if not all(isinstance(value, Number) for value in values):
        return array
    return np.array(values, dtype=np.float64).reshape(array.shape)


def _not_available(value: Any) -> bool:
    """Whether it stands for no value; pandas, which may not be installed, is not asked."""
    return value is None or type(value).__name__ == "NAType"


def _missing(y: Any, array: np.ndarray, head: Head | None) -> np.ndarray:
    """Booleans in the shape of the labels."""
    missing = np.zeros(array.shape, dtype=bool)
    if isinstance(y, np.ma.MaskedArray):
        missing |= np.ma.getmaskarray(y)
    if array.dtype.kind == "f":
        missing |= np.isnan(array)
    if array.dtype.kind == "i" and has_missing_class(head):
        missing |= array == MISSING_CLASS
    return missing


def has_missing_class(head: Head | None) -> bool:
    """Whether -1 in integer labels for this head stands for a label that is missing."""
    return head is not None and head.kind == "classification"


def _checked_mask(mask: Any, task: str, samples: int) -> np.ndarray:
    array = np.asarray(keras.ops.convert_to_numpy(mask) if keras.ops.is_tensor(mask) else mask)
    if array.dtype != bool or array.shape != (samples,):
        raise InvalidTaskData(
            f"The mask of `{task}` must hold {samples} booleans, shape ({samples},): True where "
            f"the row has its label. Received: {array.dtype}, shape {array.shape}."
        )
    return array


def _refuse_parts(missing: np.ndarray, absent: np.ndarray, task: str) -> None:
    in_part = _over_row(missing, np.any) & ~absent
    if in_part.any():
        raise InvalidLabels(
            f"{int(in_part.sum())} rows of the labels of `{task}` are missing in part, the first "
            f"is row {int(in_part.argmax())}. A row has all of its labels or none: fill the gaps, "
            "make the whole row NaN, or split the labels into several tasks."
        )


def _over_row(missing: np.ndarray, combine: Callable[..., Any]) -> np.ndarray:
    return np.asarray(combine(missing, axis=tuple(range(1, missing.ndim))))


def _checked(array: np.ndarray, task: str, head: Head | None) -> np.ndarray:
    if head is None:
        return in_floatx(array)
    if head.kind == "classification" and array.dtype.kind == "f" and _whole(array):
        # Where a label is missing, pandas holds class indices as floats.
        array = array.astype(np.int32)
    try:
        return in_floatx(check_labels(head, array))
    except InvalidLabels as error:
        raise InvalidLabels(f"The labels of `{task}` do not fit its head: {error}") from error


def _whole(array: np.ndarray) -> bool:
    return bool((np.isfinite(array) & (array == np.floor(array))).all())

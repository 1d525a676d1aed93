"""Labels are checked against the kind of a head before training starts."""

from __future__ import annotations

from numbers import Number
from typing import Any

import keras
import numpy as np

from keras_mtl.common.shapes import Shape, fits
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.head import Head


def check_labels(head: Head, labels: Any, *, argument: str = "y") -> np.ndarray:
    """The labels as an array that `fit` takes, if they fit the head.

    Args:
        head: The head that is to learn the labels.
        labels: An array, a tensor, a pandas object or a list.
        argument: What the labels are called in the message.

    Returns:
        An array of the same shape and values.

    Raises:
        InvalidLabels: They have the wrong dtype, shape or values.
    """
    array = _as_array(labels, argument)
    if array.dtype.kind in "OUS":
        raise InvalidLabels(
            f"`{argument}` holds text or objects, such as {_first_object(array)}; a head of kind "
            f"`{head.kind}` needs numbers. Encode them first, for instance with "
            "`sklearn.preprocessing.LabelEncoder().fit_transform(y)`."
        )
    if array.ndim == 0:
        raise InvalidLabels(f"`{argument}` is one number; expected a label for each sample.")
    if array.dtype.kind not in "biuf":
        raise InvalidLabels(f"`{argument}` has the dtype {array.dtype}; expected real numbers.")
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).sum())
        raise InvalidLabels(f"`{argument}` holds {bad} values that are NaN or infinite.")
    _CHECKS[head.kind](head, array, argument)
    return array


def _check_classes(head: Head, array: np.ndarray, argument: str) -> None:
    places = _places(head)
    if not _fits(array, places, (*places, 1)):
        hint = (
            f" If they are one-hot, pass `{argument}.argmax(-1)`."
            if _fits(array, (*places, head.units))
            else ""
        )
        raise InvalidLabels(
            f"`{argument}` has the shape {array.shape}; a classification needs one class index a "
            f"{'place' if places else 'sample'}, shape {(len(array), *places)}.{hint}"
        )
    if array.dtype.kind == "f":
        raise InvalidLabels(
            f"`{argument}` holds floating point numbers ({array.dtype}) where class indices are "
            f"meant. Pass `{argument}.astype(int)` if they are whole numbers; for measured numbers "
            'use `Head(1, "regression")`.'
        )
    outside = array[(array < 0) | (array >= head.units)]
    if outside.size:
        raise InvalidLabels(
            f"`{argument}` holds the class {int(outside.flat[0])}; the head has {head.units} "
            f"classes, 0 to {head.units - 1}. Count classes from 0, or give the head more units."
        )


def _check_binary(head: Head, array: np.ndarray, argument: str) -> None:
    shape = (len(array), *_places(head))
    if not _fits(array, shape[1:], (*shape[1:], 1)):
        raise InvalidLabels(
            f"`{argument}` has the shape {array.shape}; a binary head needs {shape} or "
            f"{(*shape, 1)}."
        )
    _check_yes_or_no(array, argument)


def _check_multilabel(head: Head, array: np.ndarray, argument: str) -> None:
    _check_columns(head, array, argument)
    _check_yes_or_no(array, argument)


def _check_numbers(head: Head, array: np.ndarray, argument: str) -> None:
    if head.units > 1 or not _fits(array, _places(head)):
        _check_columns(head, array, argument)


def _check_columns(head: Head, array: np.ndarray, argument: str) -> None:
    shape = (*_places(head), head.units)
    if not _fits(array, shape):
        raise InvalidLabels(
            f"`{argument}` has the shape {array.shape}; a {head.kind} head with {head.units} units "
            f"needs {(len(array), *shape)}."
        )


def _places(head: Head) -> Shape:
    """The dimensions between samples and units, for a head with an output at every place."""
    return tuple(head.output.shape[1:-1]) if head.pooling == "none" else ()


def _fits(array: np.ndarray, *shapes: Shape) -> bool:
    """Whether the samples have one of the shapes; None is any size."""
    return any(fits(array.shape, (None, *shape)) for shape in shapes)


def _check_yes_or_no(array: np.ndarray, argument: str) -> None:
    outside = array[(array < 0) | (array > 1)]
    if outside.size:
        raise InvalidLabels(
            f"`{argument}` holds {outside.flat[0]}; yes-or-no labels are 0 and 1 (or a "
            "probability between them)."
        )


_CHECKS = {
    "classification": _check_classes,
    "binary": _check_binary,
    "multilabel": _check_multilabel,
    "regression": _check_numbers,
}


def _as_array(labels: Any, argument: str) -> np.ndarray:
    if keras.ops.is_tensor(labels):
        return np.asarray(keras.ops.convert_to_numpy(labels))
    try:
        array = np.asarray(labels)
    except ValueError as error:
        raise InvalidLabels(f"`{argument}` is no array of numbers: {error}") from error
    # A pandas column with an extension dtype can arrive as objects even if all are numbers.
    numeric = array.dtype == object and all(isinstance(value, Number) for value in array.flat)
    return np.array(array.tolist()) if numeric else array


def _first_object(array: np.ndarray) -> str:
    objects = (value for value in array.ravel().tolist() if not isinstance(value, Number))
    return repr(next(objects, array.dtype))

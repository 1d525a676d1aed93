"""Labels, some of which may be missing, as arrays and masks."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_mtl.batches.batch import UNBATCHED
from keras_mtl.batches.values import in_floatx
from keras_mtl.common.label_arrays import label_array
from keras_mtl.common.shapes import Shape
from keras_mtl.errors import InvalidLabels, InvalidTaskData
from keras_mtl.heads.head import Head
from keras_mtl.heads.labels import LabelRule, fitting_labels, labels_like, without_tensor

SUBJECT = "`y`"


def read_labels(
    y: Any, task: str, head: Head | None = None, mask: Any = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the labels of a task, and which of them there are.

    A label is missing where `mask` is False, where a masked array is masked, where it is NaN,
    None or `pandas.NA`, where the name of a class is empty, and where integers are what the kind
    of the head says: -1 for a classification. Binary heads refuse -1, which may well mean the
    other class.

    Args:
        y: Labels with one row for each sample.
        task: The name of the task.
        head: The head that is to learn them, if it is one that knows its kind.
        mask: Booleans of shape `(samples,)`, True where the row has its label; or with further
            axes of the labels, for their steps, pixels or columns; or None.

    Returns:
        The labels, 0 where they are missing, and the mask: of shape `(samples,)` if each row has
        all of its labels or none, with further axes if parts are missing, None if none is.

    Raises:
        InvalidLabels: They do not fit the head.
    """
    try:
        return _read(without_tensor(y), task, head, mask)
    except InvalidLabels as error:
        fault = "cannot be used" if head is None else "do not fit its head"
        raise InvalidLabels(f"The labels of `{task}` {fault}: {error}") from error


def check_label_spec(spec: Any, task: str, head: Head | None = None) -> None:
    """Refuse labels whose known shape or dtype does not fit.

    Args:
        spec: The labels in the `element_spec` of a `tf.data.Dataset`.
        task: The name of the task.
        head: The head that is to learn them, if it is one that knows its kind.

    Raises:
        InvalidLabels: They do not fit the head.
    """
    if spec.shape.rank == 0:
        raise InvalidLabels(f"The labels of `{task}` are single values. {UNBATCHED}")
    if spec.shape.rank is None or None in tuple(spec.shape)[1:]:
        return
    read_labels(labels_like(spec, None if head is None else head.classes), task, head)


def missing_integer(head: Head | None) -> int | None:
    """Return the integer that stands for a missing label of this head, if one does."""
    return None if head is None else head.task_kind.missing_label


def coarsest(present: np.ndarray) -> np.ndarray:
    """Return a mask without the last axes along which it does not differ."""
    while present.ndim > 1:
        every = np.asarray(present.all(axis=-1))
        if not np.array_equal(every, present.any(axis=-1)):
            break
        present = every
    return present


def _read(y: Any, task: str, head: Head | None, mask: Any) -> tuple[np.ndarray, np.ndarray | None]:
    named = None if head is None else LabelRule.of(head).by_name(y, SUBJECT)
    if named is not None:
        array, missing = named
    else:
        # Values under the mask of a masked array are arbitrary: 0 passes the checks below.
        array = label_array(y.filled(0) if _is_masked(y) else y, SUBJECT, gaps=True)
        missing = _missing(y, array, head)
    if mask is not None:
        missing |= ~_checked_mask(mask, task, array.shape)
    present = coarsest(~missing) if missing.any() else None
    if present is not None:
        # A missing label is 0, a label of every kind. `where` makes integers of booleans.
        array = np.where(missing, 0, array).astype(array.dtype)
    if head is not None:
        array = fitting_labels(head, array, SUBJECT)
    return in_floatx(array), present


def _is_masked(y: Any) -> bool:
    return isinstance(y, np.ma.MaskedArray)


def _missing(y: Any, array: np.ndarray, head: Head | None) -> np.ndarray:
    """Return booleans in the shape of the labels."""
    missing = np.zeros(array.shape, dtype=bool)
    if _is_masked(y):
        missing |= np.ma.getmaskarray(y)
    if array.dtype.kind == "f":
        missing |= np.isnan(array)
    integer = missing_integer(head)
    if array.dtype.kind == "i" and integer is not None:
        missing |= array == integer
    return missing


def _checked_mask(mask: Any, task: str, shape: Shape) -> np.ndarray:
    """Return the mask in as many dimensions as the labels have."""
    array = np.asarray(without_tensor(mask))
    if array.dtype != bool or not array.ndim or array.shape != shape[: array.ndim]:
        parts = f" or that of its labels, {shape}" if len(shape) > 1 else ""
        raise InvalidTaskData(
            f"The mask of `{task}` must hold {shape[0]} booleans, shape ({shape[0]},){parts}: True "
            f"where there is a label. Received: {array.dtype}, shape {array.shape}."
        )
    return array.reshape([*array.shape, *[1] * (len(shape) - array.ndim)])

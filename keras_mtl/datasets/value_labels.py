"""Labels of tasks made of values: texts, whole numbers, measured numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from keras_mtl.common.arguments import one_of
from keras_mtl.common.label_arrays import are_whole
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.datasets.one_of_columns import is_yes_or_no
from keras_mtl.datasets.task_labels import (
    BINARY,
    CLASSIFICATION,
    MULTILABEL,
    REGRESSION,
    TaskLabels,
)
from keras_mtl.errors import InvalidLabels, InvalidTaskData

SHOWN = 10
FEW = 2
"""Whole numbers are numbers of classes if at least one in `FEW` up to the largest is used."""
FEW_CLASSES = 5
"""Different whole numbers that are taken for classes however few rows there are."""
KINDS = (CLASSIFICATION, BINARY, MULTILABEL, REGRESSION)


def labels_of_values(
    values: np.ndarray,
    missing: np.ndarray,
    task: str,
    kind: str | None = None,
    classes: Sequence[str] | None = None,
) -> TaskLabels:
    """Return the labels of a task.

    Args:
        values: For classes texts (`str` objects), booleans or whole numbers of shape `(rows,)`;
            other numbers are measured. Of several columns, `(rows, columns)`.
        missing: Booleans of shape `(rows,)`, True where there is no label.
        task: The name of the task, for messages.
        kind: The kind of the task; None to tell it by the values.
        classes: The names of the classes in the order of their numbers. None for those that
            occur: texts in the order of the alphabet, numbers in their order.

    Raises:
        InvalidTaskData: All labels are missing.
        InvalidLabels: They do not fit the kind, or are not among the classes.
        ValueError: The kind is unknown.
    """
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim > 2:
        raise InvalidLabels(
            f"The labels of the task {task!r} must be one value or one vector a row. Received: the "
            f"shape {values.shape}."
        )
    if kind in (None, CLASSIFICATION) and _are_one_hot(values[~missing]):
        values, kind = values.argmax(axis=1), CLASSIFICATION
    there = values[~missing]
    if not len(there):
        raise InvalidTaskData(
            f"The task {task!r} has no label: all {len(values)} of them are missing."
        )
    known = _kind_of(there, task) if kind is None else one_of(f"kinds[{task!r}]", kind, KINDS)
    if known == REGRESSION:
        if classes is not None:
            raise InvalidLabels(
                f"`classes[{task!r}]` names classes, and the labels are measured numbers, such as "
                f"{there[0]}. Leave it out, or give labels that are classes."
            )
        return _measured(values, missing, task)
    if known == MULTILABEL:
        return _yes_or_no(values, missing, task, MULTILABEL, classes)
    if values.ndim > 1:
        raise InvalidLabels(
            f"The task {task!r} is a {known}, which has one label a row. Received: labels of the "
            f"shape {values.shape}. For several labels a row give "
            f'`kinds={{{task!r}: "multilabel"}}`, for several numbers "regression".'
        )
    if known == BINARY and values.dtype.kind in "biuf":
        return _yes_or_no(values, missing, task, BINARY, classes)
    return _classes(values, missing, task, known, classes)


def renamed(known: TaskLabels, names: Sequence[str], task: str) -> TaskLabels:
    """Return labels whose classes have names with other names, or in another order.

    Names among which all of those are give the order; others, as many, are new names.

    Raises:
        InvalidLabels: It is another number of names, or some are names of other classes.
    """
    old, new = list(known.classes or ()), list(names)
    if set(old) <= set(new):
        numbers = np.array([new.index(name) for name in old], known.values.dtype)
        values = numbers[np.where(known.present, known.values, 0).astype(int)]
        return replace(known, values=values, classes=tuple(new))
    moved = [name for place, name in enumerate(new) if name in old and old.index(name) != place]
    if len(new) != len(old) or moved:
        raise InvalidLabels(
            f"`classes[{task!r}]` gives each of the {len(old)} classes {old[:SHOWN]} a new name, "
            f"or all of them another order. Received: {len(new)} names, {new[:SHOWN]}."
        )
    return replace(known, classes=tuple(new))


def _are_one_hot(there: np.ndarray) -> bool:
    """Return whether each row has a column for each class, and a 1 in one of them."""
    if there.ndim != 2 or there.dtype.kind not in "biuf" or not len(there):
        return False
    return bool(np.isin(there, (0, 1)).all() and (there.sum(axis=1) == 1).all())


def _kind_of(there: np.ndarray, task: str) -> str:
    """Return the kind that labels look like, by the rule of `fit` and `compare`."""
    if there.ndim > 1:
        return MULTILABEL if there.ndim == 2 and is_yes_or_no(there) else REGRESSION
    if there.dtype == object or there.dtype.kind in "bUS":
        return CLASSIFICATION
    _check_real(there, task)
    if not np.isfinite(there).all() or not are_whole(there):
        return REGRESSION  # which refuses infinite numbers
    different = len(np.unique(there))
    if different > max(FEW_CLASSES, len(there) // 2):
        raise InvalidLabels(
            f"The task {task!r} has {different} different whole numbers in {len(there)} rows: are "
            f'they measured, or classes? Say so by `kinds={{{task!r}: "regression"}}` or '
            '"classification".'
        )
    return CLASSIFICATION


def _measured(values: np.ndarray, missing: np.ndarray, task: str) -> TaskLabels:
    _check_real(values[~missing], task)
    numbers = np.where(_over(missing, values), 0, values).astype(np.float32)
    infinite = ~np.isfinite(numbers)
    if infinite.any():
        row = int(np.argwhere(infinite)[0][0])
        raise InvalidLabels(
            f"The numbers of the task {task!r} must be finite. Row {row} holds {values[row]}."
        )
    return TaskLabels(numbers, ~missing, REGRESSION)


def _yes_or_no(
    values: np.ndarray,
    missing: np.ndarray,
    task: str,
    kind: str,
    classes: Sequence[str] | None,
) -> TaskLabels:
    there = values[~missing]
    _check_real(there, task)
    if not is_yes_or_no(there):
        raise InvalidLabels(
            f"The task {task!r} is {kind}, so its labels are 0 and 1, -1 and 1, or True and "
            f"False. Received: {np.unique(there)[:SHOWN].tolist()}."
        )
    if kind == MULTILABEL and values.ndim == 1:
        raise InvalidLabels(
            f"The task {task!r} is multilabel: give it a column for each label. Received: one."
        )
    if kind == MULTILABEL and classes is not None and len(classes) != values.shape[1]:
        raise InvalidLabels(
            f"`classes[{task!r}]` names each of the {values.shape[1]} labels of a row. Received: "
            f"{len(classes)} names."
        )
    numbers = np.where(_over(missing, values), 0, values == 1).astype(np.float32)
    return TaskLabels(numbers, ~missing, kind, None if classes is None else tuple(classes))


def _classes(
    values: np.ndarray,
    missing: np.ndarray,
    task: str,
    kind: str,
    classes: Sequence[str] | None,
) -> TaskLabels:
    """Return the classes that occur, or those that are given, as whole numbers from 0 on."""
    there = values[~missing]
    if there.dtype != object:
        _check_real(there, task)
        if not are_whole(there):
            raise InvalidLabels(
                f"The task {task!r} is a {kind}, so its labels are texts or whole numbers. "
                f"Received: {there[there != np.floor(there)][0]}."
            )
        if there.dtype.kind == "f":
            there = there.astype(np.int64)
    found, names = _classes_of(there, classes)
    if there.dtype != object and found.dtype == object:
        there = np.array([str(one) for one in there.tolist()], object)
    codes = np.zeros(len(values), np.int32)
    codes[~missing] = _codes(there, found, task)
    if classes is None and len(set(there.tolist())) < 2:
        raise InvalidLabels(
            f"All labels of the task {task!r} are {there.tolist()[0]!r}: nothing can be learnt "
            f"from them. To test a model on them, name all classes, `classes={{{task!r}: [...]}}`."
        )
    if kind == BINARY:
        return TaskLabels(codes.astype(np.float32), ~missing, BINARY, names)
    return TaskLabels(codes, ~missing, CLASSIFICATION, names)


def _classes_of(
    there: np.ndarray, classes: Sequence[str] | None
) -> tuple[np.ndarray, tuple[str, ...] | None]:
    """Return the values of the classes in the order of their numbers, and their names.

    Whole numbers from 0 on are numbers of classes as they are, if enough of them are used.
    """
    numbers = there.dtype.kind in "biu"
    if classes is None:
        used = np.unique(there)
        if there.dtype.kind in "iu" and used[0] >= 0 and used[-1] + 1 <= FEW * len(used):
            return np.arange(int(used[-1]) + 1), None
        return used, tuple(str(one) for one in used.tolist())
    names = tuple(classes)
    if numbers and there.min() >= 0 and int(there.max()) < len(names):
        return np.arange(len(names)), names
    return np.array(names, object), names


def _codes(there: np.ndarray, found: np.ndarray, task: str) -> np.ndarray:
    index = {value: code for code, value in enumerate(found.tolist())}
    values = there.tolist()
    unknown = sorted({value for value in values if value not in index}, key=str)
    if unknown:
        names = [str(name) for name in found.tolist()]
        raise InvalidLabels(
            f"The task {task!r} has labels that are none of its classes {names[:SHOWN]}: "
            f"{unknown[:SHOWN]}.{did_you_mean(unknown[0], names)}"
        )
    return np.array([index[value] for value in values], np.int32)


def _check_real(there: np.ndarray, task: str) -> None:
    if there.dtype.kind not in "biuf":
        raise InvalidLabels(
            f"The labels of the task {task!r} must be numbers. Received: {there.dtype}, such as "
            f"{there.ravel()[0]!r}."
        )


def _over(missing: np.ndarray, values: np.ndarray) -> Any:
    """Return booleans of rows in as many dimensions as the values have."""
    return missing.reshape(-1, *[1] * (values.ndim - 1))

"""Values that are classes, as numbers and names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import InvalidLabels

FEW = 2
"""Whole numbers are numbers of classes if at least one in `FEW` up to the largest is used."""


def numbered(
    values: np.ndarray, classes: Sequence[str] | None, task: str
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...] | None]:
    """Return values as numbers of classes, which rows have one, and the names of the classes.

    Texts are numbered in alphabetic order; "" is no label. Whole numbers from 0 on are the numbers
    of the classes themselves, and others are numbered in ascending order; -1 and NaN are no label.

    Args:
        values: Texts, whole numbers or booleans of shape `(rows,)`.
        classes: The names of the classes in the order of their numbers: texts that are not among
            them are refused. None for what the values say.
        task: The name of the task, for messages.

    Raises:
        InvalidLabels: A text is none of the classes, a number has no name, or is not whole.
    """
    if values.dtype == object or values.dtype.kind in "US":
        return _of_texts(values, classes, task)
    numbers = values.astype(np.float64)
    present = ~np.isnan(numbers) & (numbers != -1)
    if (numbers[present] != np.floor(numbers[present])).any():
        raise InvalidLabels(
            f"The labels of `{task}` must be whole numbers where classes are meant; for measured "
            f'numbers give `kinds={{{task!r}: "regression"}}`.'
        )
    codes = np.where(present, numbers, 0).astype(np.int64)
    there = np.unique(codes[present])
    if classes is not None:
        if len(there) and not 0 <= there[0] <= there[-1] < len(classes):
            raise InvalidLabels(
                f"`classes[{task!r}]` names {len(classes)} classes, of the numbers from 0 on. The "
                f"labels are {there[:10].tolist()}{' ...' if len(there) > 10 else ''}."
            )
        return codes.astype(np.int32), present, tuple(classes)
    if not len(there) or (there[0] >= 0 and there[-1] + 1 <= FEW * len(there)):
        return codes.astype(np.int32), present, None
    ordered = np.searchsorted(there, codes)
    names = tuple(map(str, there.tolist()))
    return np.where(present, ordered, 0).astype(np.int32), present, names


def renamed(
    names: Sequence[str] | None, classes: Sequence[str] | None, task: str
) -> tuple[str, ...] | None:
    """Return the names that the user gives, as many as there are classes; those there are if none.

    Raises:
        InvalidLabels: It is another number of names.
    """
    if classes is None:
        return None if names is None else tuple(names)
    if names is not None and len(classes) != len(names):
        raise InvalidLabels(
            f"`classes[{task!r}]` names each of {len(names)} classes, {list(names)[:10]}. "
            f"Received: {len(classes)} names, {list(classes)[:10]}."
        )
    return tuple(classes)


def _of_texts(
    values: np.ndarray, classes: Sequence[str] | None, task: str
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    texts = [_as_text(value) for value in values.tolist()]
    present = np.array([text != "" for text in texts], bool)
    names = sorted({text for text in texts if text}) if classes is None else list(classes)
    numbers = {name: number for number, name in enumerate(names)}
    unknown = next((text for text in texts if text and text not in numbers), None)
    if unknown is not None:
        raise InvalidLabels(
            f"`classes[{task!r}]` lacks {unknown!r}, which rows have; it has {names[:10]}."
            f"{did_you_mean(unknown, names)}"
        )
    codes = np.array([numbers.get(text, 0) for text in texts], np.int32)
    return codes, present, tuple(names)


def _as_text(value: object) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)

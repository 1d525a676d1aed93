"""Names of classes, and labels that are given by these names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_mtl.common.arguments import array_size, is_whole_number
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.kinds.task_kind import TaskKind

NO_LABEL, BLANK = -1, -2
"""In place of the index of a name: no label (None, NaN, `pandas.NA`), and an empty text."""

SHOWN = 10


class NamedLabels(NamedTuple):
    """Labels that were given by name, as numbers.

    Attributes:
        values: Whole numbers in the form of the labels of the kind, 0 where a label is missing.
        missing: Booleans of the same shape, True where there is no label.
    """

    values: np.ndarray
    missing: np.ndarray


def checked_classes(classes: Any) -> tuple[str, ...] | None:
    """Return the names of classes as a tuple; None stays None.

    Raises:
        ValueError: They are no list of texts, one is empty, or one is there twice.
    """
    if classes is None:
        return None
    names = classes.tolist() if isinstance(classes, np.ndarray) else classes
    are_texts = isinstance(names, list | tuple) and all(isinstance(name, str) for name in names)
    if not are_texts or not names:
        raise ValueError(
            '`classes` is a list of names, such as `["cat", "dog"]`. '
            f"Received: {classes!r}.{_hint(classes)}"
        )
    repeated = sorted(name for name, times in Counter(names).items() if times > 1)
    if repeated or not all(names):
        raise ValueError(
            f"Each name in `classes` is another one, and none is empty. Received: {list(names)}"
            + (f", in which {repeated} are repeated." if repeated else ".")
        )
    return tuple(map(str, names))


def units_for(kind: TaskKind, units: Any, classes: Sequence[str] | None) -> int:
    """Return the number of outputs of a head, which the names of its classes tell.

    Raises:
        ValueError: The kind has no classes, there are too few or too many names, `units` is another
            number, or neither is given.
    """
    if classes is None:
        if units is None:
            raise ValueError(
                'A head needs `units`, or the names of its classes: `Head(classes=["cat", "dog"])`.'
            )
        return array_size("units", units)
    named = kind.units_of_classes(len(classes))
    if named is None:
        raise ValueError(
            f"A head of kind `{kind.name}` has no classes, so they have no names. Leave `classes` "
            "out, or choose another `kind`."
        )
    if units is not None and array_size("units", units) != named:
        raise ValueError(
            f"`classes` has {len(classes)} names, which make `units={named}` for a head of kind "
            f"`{kind.name}`. Received: units={units}. Leave `units` out, or name all classes."
        )
    return named


def extended_classes(
    kind: TaskKind, units: int, classes: tuple[str, ...] | None, added: Any
) -> dict[str, Any]:
    """Return the arguments `units` and `classes` of a head with further classes.

    Args:
        kind: The kind of the head.
        units: Its number of outputs.
        classes: The names of its classes, if they have names.
        added: The names of the new classes, or their number if `classes` is None.

    Raises:
        ValueError: The kind has no classes or no further ones, or a name is there already.
    """
    if not has_classes(kind):
        raise ValueError(f"A head of kind `{kind.name}` has no classes, so none can be added.")
    if classes is None:
        if not is_whole_number(added, least=1):
            raise ValueError(
                f"The classes of this head have no names: give the number of new ones. Received: "
                f"{added!r}."
            )
        return {"units": units + int(added)}
    new = checked_classes(added)
    if new is None:
        raise ValueError("Give the names of the new classes. Received: None.")
    there = [name for name in new if name in classes]
    if there:
        raise ValueError(f"The head has classes named {there} already; its classes are {classes}.")
    every = [*classes, *new]
    return {"units": units_for(kind, None, every), "classes": every}


def has_classes(kind: TaskKind) -> bool:
    """Return whether what a kind predicts are classes, which may have names."""
    return kind.units_of_classes(2) is not None


def labels_by_name(labels: Any, kind: TaskKind, classes: Sequence[str], subject: str) -> Any:
    """Return labels as `NamedLabels` if they are given by name; None if they are numbers.

    Args:
        labels: An array, a pandas object or a list, of text; of a multilabel task also a list with
            the names that hold for each row.
        kind: The kind of the task.
        classes: The names of the classes, in the order of their numbers.
        subject: What messages begin with, such as "`y`".

    Raises:
        InvalidLabels: A name is unknown; near names are suggested.
    """
    text = text_labels(labels)
    if text is None:
        return None
    return NamedLabels(*kind.encode(_indices(text, classes, subject), len(classes)))


def text_labels(labels: Any) -> np.ndarray | None:
    """Return labels that are text as `str` objects, None where there is none; None for numbers."""
    if hasattr(labels, "iloc"):  # A pandas object; categories are what their values are.
        labels = labels.to_numpy(dtype=object, na_value=None)
    if isinstance(labels, np.ma.MaskedArray):
        objects = labels.data.astype(object)
        objects[np.ma.getmaskarray(labels)] = None
        labels = objects
    array = _objects(labels)
    if array is None or array.dtype.kind not in "OSUT" or not array.ndim:
        return None
    values = [_as_text(value) for value in array.ravel().tolist()]
    if not any(isinstance(value, str) for value in values):
        return None
    text = np.empty(array.size, object)
    text[:] = values
    return text.reshape(array.shape)


def _objects(labels: Any) -> np.ndarray | None:
    """Return labels that may be text as an array, None for others.

    Rows that list names are filled up with empty texts.
    """
    if hasattr(labels, "__array__"):
        labels = np.asarray(labels)
        if labels.dtype != object or labels.ndim != 1:
            return labels
    elif not isinstance(labels, list | tuple) or not _holds_text(labels):
        return None
    if not any(map(_lists_names, labels)):
        return np.asarray(labels)
    width = max(1, *(len(row) for row in labels if _lists_names(row)))
    filled = np.full((len(labels), width), "", object)
    for filling, row in zip(filled, labels, strict=True):
        filling[: len(row) if _lists_names(row) else width] = (
            sorted(row) if isinstance(row, set | frozenset) else row
        )
    return filled


def _holds_text(value: Any) -> bool:
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(_holds_text, value))
    return isinstance(value, str | bytes) or getattr(value, "dtype", None) == np.dtype(object)


def _lists_names(row: Any) -> bool:
    """Return whether the label of a row is a list of names."""
    if isinstance(row, np.ndarray):
        row = row.tolist()
    lists = isinstance(row, list | tuple | set | frozenset)
    return lists and all(isinstance(name, str | bytes) for name in row)


def _as_text(value: Any) -> Any:
    """Return a text as `str`, None for a missing label, anything else as it is."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    missing = type(value).__name__ == "NAType" or (isinstance(value, float) and value != value)
    return None if missing else value


def _indices(text: np.ndarray, classes: Sequence[str], subject: str) -> np.ndarray:
    index = {name: number for number, name in enumerate(classes)}
    known: dict[str | None, int] = {None: NO_LABEL, "": BLANK}
    known.update(index)
    values = text.ravel().tolist()
    unknown = [place for place, value in enumerate(values) if not _is_known(value, known)]
    if unknown:
        first = values[unknown[0]]
        row = unknown[0] // (len(values) // len(text))
        more = " ..." if len(classes) > SHOWN else ""
        raise InvalidLabels(
            f"{subject} names the unknown class {first!r} in row {row} ({len(unknown)} of "
            f"{len(values)} names are unknown); the classes are "
            f"{list(classes[:SHOWN])}{more}.{did_you_mean(first, classes)}"
        )
    return np.array([known[value] for value in values], np.int32).reshape(text.shape)


def _is_known(value: Any, known: Mapping[str | None, int]) -> bool:
    return (value is None or isinstance(value, str)) and value in known


def _hint(classes: Any) -> str:
    if isinstance(classes, int):
        return " The number of classes is `units`."
    return ""

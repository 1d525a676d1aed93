"""`describe`: what data hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import keras
import numpy as np

from keras_mtl.common.label_arrays import are_whole
from keras_mtl.datasets.description import (
    SHOWN,
    ClassRows,
    Description,
    SharedRows,
    TaskRows,
)
from keras_mtl.datasets.label_columns import label_column
from keras_mtl.datasets.multi_task_dataset import MultiTaskDataset
from keras_mtl.datasets.row_keys import row_keys
from keras_mtl.datasets.task_dataset import TaskDataset
from keras_mtl.datasets.task_labels import CLASSIFICATION, MULTILABEL, REGRESSION, TaskLabels
from keras_mtl.errors import InvalidTaskData


@dataclass(frozen=True)
class Described:
    """The data of one task in one part.

    Attributes:
        part: The name of the part; "" if there is one only.
        task: The name of the task.
        source: The data of a source, or inputs in arrays: rows are told apart by it.
        labels: The labels of its rows.
        others: Rows of the part that are not in `source`, as they have no label for this task.
    """

    part: str
    task: str
    source: Any
    labels: TaskLabels
    others: int


def describe(data: Any) -> Description:
    """Tell what data hold: rows, classes and their balance, missing labels, rows in common.

    Look at it before a training: a class with a handful of rows, a task without labels and a test
    row that is trained on all show.

    Args:
        data: What `load`, `from_folder`, `from_frame` or `from_arrays` gives, with parts or
            without; or arrays as `{task: (x, y)}`, or `{part: {task: (x, y)}}`.

    Returns:
        A `Description`, which prints as a table with a row for each task of each part.
        `.to_frame()` gives it as a `pandas.DataFrame`, `.class_table` all classes,
        `.shared_table` the rows in common of all pairs of tasks and parts. Rows of one source are
        known by their numbers, rows in arrays by a hash of their values.

    Raises:
        InvalidTaskData: Inputs and labels differ in length, or are no arrays.
        TypeError: The data are something else.

    Example:
        >>> import keras_mtl
        >>> data = keras_mtl.datasets.digits(labels={"digit": 50})
        >>> description = keras_mtl.datasets.describe(data)
        >>> [(row.task, row.rows, row.classes) for row in description]
        [('parity', 1257, 2), ('digit', 50, 10)]
        >>> print(description.class_table[:2])
        part   task     class   rows   share
        ────────────────────────────────────
        -      parity   0        622   49.5%
        -      parity   1        635   50.5%
    """
    tasks, notes = _read(data)
    keys = row_keys([one.source for one in tasks])
    sets = [set(rows) for rows in keys]
    shared = []
    for (index, one), (place, other) in product(enumerate(tasks), enumerate(tasks)):
        if index != place:
            common = sum(key in sets[place] for key in keys[index])
            shared.append(SharedRows(one.part, one.task, other.part, other.task, common))
    classes = [row for one in tasks for row in _class_rows(one)]
    records = [
        TaskRows(
            one.part,
            one.task,
            one.labels.kind,
            int(one.labels.present.sum()),
            int((~one.labels.present).sum()) + one.others,
            _num_classes(one, classes),
            _balance(one, classes),
            _in_common(one, shared),
        )
        for one in tasks
    ]
    parts = list(dict.fromkeys(one.part for one in tasks))
    leaks = _leaks(tasks, keys, sets) if len(parts) > 1 else []
    return Description(records, classes, shared, [*leaks, *notes])


def _read(data: Any) -> tuple[list[Described], list[str]]:
    """Return all tasks of all parts, and what is to be said of them."""
    if isinstance(data, TaskDataset):
        return [Described("", data.name, data, data.known, 0)], []
    if not isinstance(data, Mapping):
        raise TypeError(
            "`data` are what a source in `keras_mtl.datasets` gives, or arrays as "
            f"`{{task: (x, y)}}`. Received: `{type(data).__name__}`."
        )
    if not data:
        raise InvalidTaskData("`data` has no tasks.")
    if isinstance(data, MultiTaskDataset):
        return _of_source("", data), list(data.notes)
    if all(isinstance(part, Mapping) for part in data.values()):
        found, notes = [], []
        for name, part in data.items():
            read, said = _read(part)
            found += [Described(name, *list(vars(one).values())[1:]) for one in read]
            notes += said
        return found, list(dict.fromkeys(notes))
    return [_plain(task, given) for task, given in data.items()], []


def _of_source(part: str, data: MultiTaskDataset) -> list[Described]:
    return [
        Described(part, task, one, one.known, len(data.rows) - len(one))
        for task, one in data.items()
    ]


def _plain(task: str, given: Any) -> Described:
    """Return the data of a task in arrays."""
    if isinstance(given, TaskDataset):
        return Described("", task, given, given.known, 0)
    if not isinstance(given, tuple) or len(given) not in (2, 3):
        raise InvalidTaskData(
            f"The data of `{task}` must be a pair of arrays, `(x, y)`. Received: "
            f"`{type(given).__name__}`. Read a stream of batches into arrays first."
        )
    x, y = given[0], given[1]
    labels = _plain_labels(task, y)
    lengths = {len(array) for array in keras.tree.flatten(x) if hasattr(array, "__len__")}
    if lengths != {len(labels.present)} and not hasattr(x, "iloc"):
        raise InvalidTaskData(
            f"The data of `{task}` have {sorted(lengths)} rows of inputs and "
            f"{len(labels.present)} labels."
        )
    return Described("", task, x, labels, 0)


def _plain_labels(task: str, y: Any) -> TaskLabels:
    if keras.ops.is_tensor(y):
        y = keras.ops.convert_to_numpy(y)
    if hasattr(y, "iloc"):
        y = y.to_numpy()
    try:
        array = y if isinstance(y, np.ma.MaskedArray) else np.asarray(y)
    except ValueError as error:  # Rows of several lengths.
        raise InvalidTaskData(f"The labels of `{task}` are no array: {error}.") from error
    if array.ndim == 0:
        raise InvalidTaskData(f"The labels of `{task}` must be an array. Received: {y!r}.")
    values, missing = label_column(array)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    there = values[~missing]
    if values.ndim > 1:
        binary = there.dtype.kind in "biuf" and bool(np.isin(there, (0, 1)).all())
        kind = MULTILABEL if binary and values.ndim == 2 else REGRESSION
        return TaskLabels(values.astype(np.float64), ~missing, kind)
    if values.dtype.kind == "f" and not are_whole(there):
        return TaskLabels(values, ~missing, REGRESSION)
    found, codes = np.unique(there, return_inverse=True)
    numbers = np.zeros(len(values), np.int32)
    numbers[~missing] = codes
    if found.dtype.kind == "f":
        found = found.astype(np.int64)
    return TaskLabels(numbers, ~missing, CLASSIFICATION, tuple(map(str, found.tolist())))


def _class_rows(one: Described) -> list[ClassRows]:
    values = one.labels.values[one.labels.present]
    if one.labels.kind == REGRESSION or not len(values):
        return []
    if one.labels.kind == MULTILABEL:
        counts = (values == 1).sum(axis=0)
    else:
        counts = np.bincount(values.astype(int), minlength=len(one.labels.classes or ()))
    names = one.labels.classes or tuple(map(str, range(len(counts))))
    return [
        ClassRows(one.part, one.task, name, int(count), int(count) / len(values))
        for name, count in zip(names, counts.tolist(), strict=False)
    ]


def _own(one: Described, classes: list[ClassRows]) -> list[ClassRows]:
    return [row for row in classes if (row.part, row.task) == (one.part, one.task)]


def _num_classes(one: Described, classes: list[ClassRows]) -> int | None:
    rows = _own(one, classes)
    return sum(row.rows > 0 for row in rows) if rows else None


def _balance(one: Described, classes: list[ClassRows]) -> str:
    rows = sorted(_own(one, classes), key=lambda row: -row.rows)
    if rows:
        shown = rows if len(rows) <= SHOWN + 1 else rows[:SHOWN]
        texts = [f"{row.name}: {row.share:.1%}" for row in shown]
        if len(shown) < len(rows):
            texts += ["...", f"{rows[-1].name}: {rows[-1].share:.1%}"]
        return ", ".join(texts).replace("..., ", "... ")
    values = one.labels.values[one.labels.present]
    if not len(values):
        return ""
    spread = f"mean {values.mean():.4g}, deviation {values.std():.4g}"
    return f"{spread}, {values.min():.4g} to {values.max():.4g}"


def _in_common(one: Described, shared: list[SharedRows]) -> str:
    return ", ".join(
        f"{pair.other_task} {pair.rows:,}"
        for pair in shared
        if (pair.part, pair.task, pair.other_part) == (one.part, one.task, one.part)
    )


def _leaks(tasks: list[Described], keys: list[list[Any]], sets: list[set[Any]]) -> list[str]:
    """Return a sentence for each pair of parts that have rows in common."""
    parts = list(dict.fromkeys(one.part for one in tasks))
    of_part: dict[str, set[Any]] = {part: set() for part in parts}
    for one, rows in zip(tasks, sets, strict=True):
        of_part[one.part] |= rows
    sentences = []
    for index, part in enumerate(parts):
        for other in parts[index + 1 :]:
            common = of_part[part] & of_part[other]
            if common:
                sentences.append(
                    f"Attention: {len(common):,} rows of `{other}` are rows of `{part}` too "
                    f"({len(common) / len(of_part[other]):.1%} of its rows)."
                )
    return sentences or ["No row is in two parts."]

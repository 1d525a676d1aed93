"""The labels of tasks that are in columns of a data frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_mtl.common.arguments import one_of
from keras_mtl.datasets.frame_columns import column_array
from keras_mtl.datasets.named_targets import Targets, names_of
from keras_mtl.datasets.one_of_columns import UNCLEAR, is_yes_or_no, one_class
from keras_mtl.datasets.task_labels import BINARY, CLASSIFICATION, MULTILABEL, TaskLabels
from keras_mtl.datasets.value_labels import labels_of_values
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.class_names import checked_classes


class ReadTargets(NamedTuple):
    """The labels of all tasks.

    Attributes:
        labels: By task the labels of all rows.
        dropped: Booleans of shape `(rows,)`, True for rows that are to be left out.
        notes: Sentences on rows without one class.
    """

    labels: dict[str, TaskLabels]
    dropped: np.ndarray
    notes: tuple[str, ...]


def read_targets(
    frame: Any,
    targets: Targets,
    kinds: Mapping[str, str],
    classes: Mapping[str, Sequence[str]],
    unclear: str | None,
) -> ReadTargets:
    """Return the labels of all tasks.

    Args:
        frame: A `pandas.DataFrame` that has all columns.
        targets: By task the names of its columns.
        kinds: The kinds of some tasks.
        classes: The names of the classes of some tasks, in the order of their numbers.
        unclear: What becomes of rows to which several columns give no class, or several.

    Raises:
        InvalidTaskData: All labels of a task are missing, or a column holds no labels.
        InvalidLabels: Labels do not fit the kind or the classes.
        ValueError: A kind or `unclear` is unknown, or names of classes are no list of texts.
    """
    columns = {name: column_array(_plain(frame[name]), name) for name in names_of(targets)}
    declared = {
        task: [str(one) for one in frame[names[0]].cat.categories]
        for task, names in targets.items()
        if len(names) == 1 and _is_categorical(frame[names[0]]) and task not in classes
    }
    return labels_of_columns(columns, targets, kinds, {**declared, **classes}, unclear)


def labels_of_columns(
    columns: Mapping[str, tuple[np.ndarray, np.ndarray]],
    targets: Targets,
    kinds: Mapping[str, str],
    classes: Mapping[str, Sequence[str]],
    unclear: str | None,
) -> ReadTargets:
    """Return the labels of all tasks that are in arrays.

    Args:
        columns: By name the values, and booleans of shape `(rows,)` where they are missing.
        targets: By task the names of its columns.
        kinds: As for `read_targets`.
        classes: As for `read_targets`.
        unclear: As for `read_targets`.

    Raises:
        As `read_targets`.
    """
    one_of("unclear", unclear, (None, *UNCLEAR))
    named = {task: checked_classes(given) or () for task, given in classes.items()}
    labels, notes = {}, []
    dropped = np.zeros(len(next(iter(columns.values()))[0]), bool)
    for task, names in targets.items():
        kind = kinds.get(task)
        if len(names) == 1:
            values, missing = columns[names[0]]
            if task not in named and kind in (None, CLASSIFICATION, BINARY):
                values = _named_booleans(values, missing, names[0])
            labels[task] = labels_of_values(values, missing, task, kind, named.get(task))
            continue
        values, missing = _side_by_side(columns, names, task)
        if kind in (None, CLASSIFICATION) and is_yes_or_no(values):
            made = one_class(values, missing, named.get(task, names), task, unclear)
            labels[task] = made.labels
            dropped |= made.dropped
            notes += [made.note] if made.note else []
            continue
        known = labels_of_values(values, missing, task, kind, named.get(task))
        labels[task] = _named_by_columns(known, names)
    return ReadTargets(labels, dropped, tuple(notes))


def _named_booleans(values: np.ndarray, missing: np.ndarray, name: str) -> np.ndarray:
    """Return booleans as the texts "not smoker" and "smoker"; others as they are."""
    if values.dtype.kind != "b" or values.ndim > 1 or len(np.unique(values[~missing])) < 2:
        return values
    return np.where(values, name, f"not {name}").astype(object)


def _is_categorical(column: Any) -> bool:
    return type(column.dtype).__name__ == "CategoricalDtype"


def _plain(column: Any) -> Any:
    """Return a categorical column as texts: categories are named, whatever they are."""
    if not _is_categorical(column):
        return column
    texts = column.astype(object).map(str, na_action="ignore")
    return texts.where(column.notna(), None)


def _side_by_side(
    columns: Mapping[str, tuple[np.ndarray, np.ndarray]], names: Sequence[str], task: str
) -> tuple[np.ndarray, np.ndarray]:
    for name in names:
        values = columns[name][0]
        if values.dtype == object or values.ndim > 1:
            raise InvalidLabels(
                f"Several columns are one task if they hold numbers, or yes and no as 0 and 1. The "
                f"column {name!r} of the task {task!r} holds {values[0]!r}."
            )
    missing = np.stack([columns[name][1] for name in names], axis=1).any(axis=1)
    return np.stack([columns[name][0] for name in names], axis=1), np.asarray(missing)


def _named_by_columns(known: TaskLabels, columns: Sequence[str]) -> TaskLabels:
    """Return labels of a multilabel task with the names of its columns as classes."""
    if known.kind != MULTILABEL or known.classes is not None:
        return known
    return TaskLabels(known.values, known.present, known.kind, tuple(columns))

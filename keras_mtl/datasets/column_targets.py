"""The labels of tasks that are in columns: of a frame, of arrays, of the features of a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from keras_mtl.common.arguments import one_of
from keras_mtl.datasets.frame_columns import column_array
from keras_mtl.datasets.named_targets import Targets, names_of
from keras_mtl.datasets.one_of_columns import UNCLEAR, is_yes_or_no, one_class
from keras_mtl.datasets.task_labels import (
    BINARY,
    CLASSIFICATION,
    MULTILABEL,
    REGRESSION,
    TaskLabels,
)
from keras_mtl.datasets.value_labels import labels_of_values, renamed
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.class_names import checked_classes


class Column(NamedTuple):
    """Labels as they come from a source.

    Attributes:
        values: An array with a row for each row of the source: texts as `str` objects, booleans or
            numbers of shape `(rows,)`, or vectors.
        missing: Booleans of shape `(rows,)`, True where there is no label.
        title: What messages and classes of yes and no are called after.
        kind: The kind of task that the source says it is; None if the values tell it.
        classes: The names of the classes that the source says there are: of whole numbers in the
            order of these, of texts those that may occur.
    """

    values: np.ndarray
    missing: np.ndarray
    title: str
    kind: str | None = None
    classes: tuple[str, ...] | None = None


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


def frame_targets(
    frame: Any,
    targets: Targets,
    kinds: Mapping[str, str],
    classes: Mapping[str, Sequence[str]],
    unclear: str | None,
) -> ReadTargets:
    """Return the labels of all tasks that are in columns of a `pandas.DataFrame`.

    Args:
        frame: The frame, which has all columns.
        targets: As for `read_targets`, and so are the others.
        kinds: The kinds of some tasks.
        classes: The names of the classes of some tasks.
        unclear: What becomes of rows without one class.

    Raises:
        As `read_targets`.
    """
    columns = {name: _frame_column(frame[name], name) for name in names_of(targets)}
    return read_targets(columns, targets, kinds, classes, unclear)


def read_targets(
    columns: Mapping[str, Column],
    targets: Targets,
    kinds: Mapping[str, str],
    classes: Mapping[str, Sequence[str]],
    unclear: str | None,
) -> ReadTargets:
    """Return the labels of all tasks.

    Args:
        columns: By name what the source has.
        targets: By task the names of its columns.
        kinds: The kinds of some tasks.
        classes: The names of the classes of some tasks, in the order of their numbers.
        unclear: What becomes of rows to which several columns give no class, or several.

    Raises:
        InvalidTaskData: All labels of a task are missing, or a column holds no labels.
        InvalidLabels: Labels do not fit the kind or the classes.
        ValueError: A kind or `unclear` is unknown, or names of classes are no list of texts.
    """
    one_of("unclear", unclear, (None, *UNCLEAR))
    labels, notes = {}, []
    dropped = np.zeros(len(next(iter(columns.values())).values), bool)
    for task, names in targets.items():
        here = [columns[name] for name in names]
        kind, given = kinds.get(task), checked_classes(classes.get(task))
        if len(here) == 1:
            labels[task] = _labels_of(here[0], task, kind, given)
            continue
        values, missing = _side_by_side(here, task)
        titles = tuple(column.title for column in here)
        if kind in (None, CLASSIFICATION) and is_yes_or_no(values):
            made = one_class(values, missing, given or titles, task, unclear)
            labels[task] = made.labels
            dropped |= made.dropped
            notes += [made.note] if made.note else []
            continue
        known = labels_of_values(values, missing, task, kind, given)
        if known.kind == MULTILABEL and known.classes is None:
            known = replace(known, classes=titles)
        labels[task] = known
    return ReadTargets(labels, dropped, tuple(notes))


def _labels_of(
    column: Column, task: str, kind: str | None, given: tuple[str, ...] | None
) -> TaskLabels:
    """Return the labels that one column has."""
    column = _with_named_booleans(column, given)
    declared = column.classes if kind in (None, CLASSIFICATION, BINARY) else None
    if kind is None and not (column.kind == REGRESSION and given is not None):
        kind = column.kind
    if declared is None or column.values.dtype == object:
        names = declared if given is None else given
        return labels_of_values(column.values, column.missing, task, kind, names)
    known = labels_of_values(column.values, column.missing, task, kind, declared)
    return known if given is None else renamed(known, given, task)


def _with_named_booleans(column: Column, given: tuple[str, ...] | None) -> Column:
    """Return a column of booleans with the names "not smoker" and "smoker"; others as they are."""
    values = column.values
    if values.dtype.kind != "b" or values.ndim > 1:
        return column
    if given is None and len(np.unique(values[~column.missing])) < 2:
        return column
    return column._replace(
        values=values.astype(np.int8), classes=(f"not {column.title}", column.title)
    )


def _frame_column(column: Any, name: str) -> Column:
    """Return a column of a frame; a categorical one as texts: categories are named."""
    if type(column.dtype).__name__ != "CategoricalDtype":
        return Column(*column_array(column, name), name)
    texts = column.astype(object).map(str, na_action="ignore")
    values, missing = column_array(texts.where(column.notna(), None), name)
    return Column(values, missing, name, classes=tuple(map(str, column.cat.categories)))


def _side_by_side(columns: Sequence[Column], task: str) -> tuple[np.ndarray, np.ndarray]:
    for column in columns:
        values = column.values
        if values.dtype == object or values.ndim > 1:
            raise InvalidLabels(
                f"Several columns are one task if they hold numbers, or yes and no as 0 and 1. The "
                f"column {column.title!r} of the task {task!r} holds {values[0]!r}."
            )
    missing = np.stack([column.missing for column in columns], axis=1).any(axis=1)
    return np.stack([column.values for column in columns], axis=1), np.asarray(missing)

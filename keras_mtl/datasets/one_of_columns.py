"""Several columns of yes or no that are one class together."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_mtl.datasets.task_labels import TaskLabels
from keras_mtl.errors import InvalidLabels

UNCLEAR = ("missing", "drop", "error")
"""What may become of rows of which none of the columns is yes, or several are."""
SHOWN = 5


class OneClass(NamedTuple):
    """Classes that several columns give.

    Attributes:
        labels: The labels of the task.
        dropped: Booleans of shape `(rows,)`, True for rows that are to be left out.
        note: A sentence on the rows without one class; "" if there are none.
    """

    labels: TaskLabels
    dropped: np.ndarray
    note: str


def is_yes_or_no(values: np.ndarray) -> bool:
    """Return whether all values are 0 and 1, -1 and 1, or booleans."""
    if values.dtype.kind not in "biuf":
        return False
    there = values[np.isfinite(values)]
    return bool(np.isin(there, (0, 1)).all() or np.isin(there, (-1, 1)).all())


def one_class(
    columns: np.ndarray,
    gaps: np.ndarray,
    names: Sequence[str],
    task: str,
    unclear: str | None = None,
) -> OneClass:
    """Return the class that columns of yes or no give each row: the column that is yes.

    Args:
        columns: Booleans, 0 and 1 or -1 and 1 of shape `(rows, columns)`.
        gaps: Booleans of shape `(rows,)`, True where a column has no value.
        names: The names of the columns, which become the classes.
        task: The name of the task, for messages.
        unclear: What becomes of rows of which no column is yes, or several are: `"missing"`, as
            None, leaves them without a label for this task; `"drop"` leaves them out, for all
            tasks; `"error"` refuses them.

    Raises:
        InvalidLabels: There are such rows, and they are refused.
        ValueError: There is another number of names than of columns.
    """
    if len(names) != columns.shape[1]:
        raise ValueError(
            f"`classes[{task!r}]` names each of the {columns.shape[1]} columns of the task. "
            f"Received: {list(names)}."
        )
    is_yes = columns == 1
    counts = is_yes.sum(axis=1)
    clear = (counts == 1) & ~gaps
    none, several = int(((counts == 0) | gaps).sum()), int(((counts > 1) & ~gaps).sum())
    labels = TaskLabels(
        np.where(clear, is_yes.argmax(axis=1), 0).astype(np.int32), clear, classes=tuple(names)
    )
    if clear.all():
        return OneClass(labels, ~clear, "")
    said = (
        f"{none + several:,} of {len(clear):,} rows have no class of `{task}`: {none:,} have none "
        f"of {list(names)}, {several:,} have several"
    )
    if unclear == "error":
        rows = np.flatnonzero(~clear)[:SHOWN].tolist()
        raise InvalidLabels(
            f'{said}, such as the rows {rows}. Leave them out by `unclear="drop"`, or let them '
            'have no label for this task by `unclear="missing"`.'
        )
    dropped = ~clear if unclear == "drop" else np.zeros(len(clear), bool)
    done = "they were left out" if unclear == "drop" else "they have no label for this task"
    return OneClass(labels, dropped, f"{said}; {done}.")


def warn_of_unclear(notes: Sequence[str], unclear: str | None, *, stacklevel: int = 3) -> None:
    """Warn of rows without one class, if nobody has said what should become of them.

    Args:
        notes: Sentences on such rows.
        unclear: What the user said; None for nothing.
        stacklevel: How far up the user's call is, as for `warnings.warn`.
    """
    if notes and unclear is None:
        warnings.warn(
            f'{" ".join(notes)} Give `unclear="missing"` if that is right, or `unclear="drop"` to '
            "leave these rows out of all tasks.",
            stacklevel=stacklevel,
        )

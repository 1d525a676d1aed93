"""The labels of one task for the rows of a source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from keras_mtl.heads.head import Head

CLASSIFICATION, BINARY, MULTILABEL, REGRESSION = (
    "classification",
    "binary",
    "multilabel",
    "regression",
)


@dataclass(frozen=True)
class TaskLabels:
    """Labels, some of which may be missing, and what they mean.

    Attributes:
        values: An array with a row for each row of the data: for `"classification"` the numbers
            of the classes from 0 on, int32 of shape `(rows,)`; for `"binary"` 0 and 1, float32;
            for `"multilabel"` 0 and 1 for each class, float32 of shape `(rows, classes)`; for
            `"regression"` numbers, float32 of shape `(rows,)` or `(rows, numbers)`.
        present: Booleans of shape `(rows,)`, True where the row has a label. The values of the
            others mean nothing.
        kind: The kind of the task, as `Head(kind=...)` takes it.
        classes: The names of the classes in the order of their numbers; None if they have none.
    """

    values: np.ndarray
    present: np.ndarray
    kind: str = CLASSIFICATION
    classes: tuple[str, ...] | None = None

    def at(self, places: np.ndarray) -> TaskLabels:
        """Return the labels of some rows."""
        return replace(self, values=self.values[places], present=self.present[places])

    def with_gaps(self, present: np.ndarray) -> np.ndarray:
        """Return the values with -1 (of classes) or NaN (of others) where there is no label.

        Args:
            present: Booleans of shape `(rows,)`; a label that is missing here anyway stays so.
        """
        values = self.values.copy()
        values[~(present & self.present)] = -1 if self.kind == CLASSIFICATION else np.nan
        return values

    @property
    def units(self) -> int:
        """The number of outputs of a head for these labels."""
        if self.kind == CLASSIFICATION:
            known = len(self.classes or ()) or int(self.values[self.present].max(initial=0)) + 1
            return max(2, known)
        return 1 if self.values.ndim == 1 else self.values.shape[1]

    def head(self, **arguments: Any) -> Head:
        """Return a new head for these labels, with the names of the classes.

        Args:
            arguments: Further arguments of `Head`, such as `hidden=(64,)`.
        """
        given = {"kind": self.kind, "units": self.units, "classes": self.classes, **arguments}
        return Head(**given)

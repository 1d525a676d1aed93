"""Which class is taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_mtl.common.tables import html_table, text_table
from keras_mtl.errors import MissingExtra

Counts = NDArray[np.int64]

MOST_CLASSES = 20
"""Classes of a table that can be read; with more, the most frequent confusions are listed."""

MOST_PAIRS = 15


@dataclass(frozen=True)
class Confused:
    """Rows of one class that are taken for another one.

    Attributes:
        true: The class of the rows.
        predicted: What is predicted for them.
        rows: How many rows these are.
    """

    true: str
    predicted: str
    rows: int


@dataclass(frozen=True)
class Confusion:
    """Counts of rows by their class and by the class that is predicted.

    Attributes:
        classes: Names of the classes.
        counts: Whole numbers of shape `(classes, classes)`: a row for each class, a column for
            each class that is predicted.
    """

    classes: tuple[str, ...]
    counts: Counts

    @classmethod
    def of(cls, true: Counts, predicted: Counts, classes: Sequence[str]) -> Confusion:
        """Count rows.

        Args:
            true: The index of the class of each row.
            predicted: The index of the class that is predicted for each row.
            classes: Names of all classes.
        """
        size = len(classes)
        counts = np.bincount(true * size + predicted, minlength=size * size)
        return cls(tuple(classes), counts.reshape(size, size))

    @property
    def most_confused(self) -> list[Confused]:
        """The pairs of classes that are confused, the most frequent one first."""
        wrong = self.counts.copy()
        np.fill_diagonal(wrong, 0)
        order = np.argsort(-wrong, axis=None, kind="stable")[: np.count_nonzero(wrong)]
        pairs = zip(*np.unravel_index(order, wrong.shape), strict=True)
        return [
            Confused(self.classes[true], self.classes[predicted], int(wrong[true, predicted]))
            for true, predicted in pairs
        ]

    def to_frame(self) -> Any:
        """Return a `pandas.DataFrame`: a row for each class, a column for each predicted class.

        Raises:
            MissingExtra: pandas is not installed.
        """
        try:
            from pandas import DataFrame, Index
        except ImportError as error:
            raise MissingExtra("`to_frame`", "frames") from error
        true, predicted = (Index(self.classes, name=name) for name in ("true", "predicted"))
        return DataFrame(self.counts, index=true, columns=predicted)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """Return the counts."""
        return np.array(self.counts, dtype=dtype)

    def __repr__(self) -> str:
        return text_table(*self._table())

    def _repr_html_(self) -> str:
        """Return the table as notebooks show it."""
        return html_table(*self._table())

    def _table(self) -> tuple[list[str], list[list[object]]]:
        if len(self.classes) > MOST_CLASSES:
            pairs = self.most_confused[:MOST_PAIRS]
            return ["true", "predicted", "rows"], [[p.true, p.predicted, p.rows] for p in pairs]
        rows: list[list[object]] = [
            [name, *row] for name, row in zip(self.classes, self.counts.tolist(), strict=True)
        ]
        return ["true \\ predicted", *self.classes], rows

"""The inputs of the rows on which a model is most wrong, for pictures of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

KEPT = 48
"""Rows whose inputs are kept: a sheet of pictures that can be looked at, and little memory."""

Row = list[np.ndarray]
"""The inputs of one row, an array for each input of the model."""


@dataclass(frozen=True)
class KeptRows:
    """The inputs of the worst rows.

    Attributes:
        inputs: The inputs by the numbers of the rows.
        heat: Returns where a model looked at: a map for each of some rows and their predicted
            outputs; None if the model has no layer that says so.
    """

    inputs: Mapping[int, Row]
    heat: Callable[[Sequence[Row], Sequence[int]], list[np.ndarray] | None]


@dataclass
class WorstRows:
    """Keeps the inputs of the worst rows of those that pass by.

    Attributes:
        most: Number of rows that are kept.
    """

    most: int = KEPT
    _kept: list[tuple[float, int, Row]] = field(default_factory=list)

    def add(self, start: int, badness: np.ndarray, inputs: Sequence[np.ndarray]) -> None:
        """Look at the next rows.

        Args:
            start: The number of the first of them.
            badness: How wrong the model is on each, 0 for rows that are not to be kept.
            inputs: An array for each input of the model.
        """
        candidates = np.argsort(-badness, kind="stable")[: self.most]
        for row in candidates[badness[candidates] > 0].tolist():
            # A copy, or the whole batch would stay in memory.
            values = [np.array(array[row]) for array in inputs]
            self._kept.append((float(badness[row]), start + row, values))
        self._kept.sort(key=lambda one: (-one[0], one[1]))
        del self._kept[self.most :]

    @property
    def inputs(self) -> dict[int, Row]:
        """The inputs that are kept, by the numbers of the rows."""
        return {row: values for _, row, values in self._kept}

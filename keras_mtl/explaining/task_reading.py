"""The contract of what makes sense of outputs and labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keras_mtl.explaining.explanation import Explanation
from keras_mtl.explaining.kept_rows import KeptRows


class Labels(NamedTuple):
    """The labels of some rows.

    Attributes:
        values: The labels as numbers, 0 where there is none.
        present: Booleans of shape `(rows,)`, True where the row has its label.
    """

    values: np.ndarray
    present: NDArray[np.bool_]

    def rows(self, start: int, stop: int) -> Labels:
        """Return the labels of some rows."""
        return Labels(self.values[start:stop], self.present[start:stop])


class TaskReading(ABC):
    """What the outputs and the labels of a task mean."""

    @abstractmethod
    def labels(self, y: Any) -> Labels:
        """Return labels as numbers.

        Raises:
            InvalidLabels: They do not fit the outputs.
        """

    @abstractmethod
    def predictions(self, outputs: np.ndarray) -> NDArray[np.float64]:
        """Return outputs as predictions: probabilities by class, or numbers."""

    @abstractmethod
    def badness(self, labels: Labels, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how wrong each row is, 0 where it is right or has no label."""

    @abstractmethod
    def explanation(
        self,
        name: str,
        labels: Labels,
        predictions: NDArray[np.float64],
        *,
        bins: int,
        confidence: float,
        kept: KeptRows | None,
    ) -> Explanation:
        """Return what the labels and predictions of all rows say.

        Args:
            name: Name of the model.
            labels: The labels of all rows.
            predictions: What `predictions` gave.
            bins: Number of bins of probabilities.
            confidence: Confidence level of intervals.
            kept: The inputs of the worst rows.
        """


def one_output_a_row(outputs: np.ndarray) -> np.ndarray:
    """Return outputs of shape `(rows, units)`.

    Raises:
        ValueError: There are outputs at several places of a row.
    """
    rows, *rest = outputs.shape
    if not rest:
        return outputs[:, None]
    if np.prod(rest[:-1], dtype=int) != 1:
        raise ValueError(
            "`explain` takes one prediction for each row. Received outputs of the shape "
            f"{outputs.shape}, with several places in a row."
        )
    return outputs.reshape(rows, rest[-1])

"""What outputs and labels of measured numbers mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_mtl.common.label_arrays import label_array
from keras_mtl.errors import InvalidLabels
from keras_mtl.explaining.kept_rows import KeptRows
from keras_mtl.explaining.number_explanation import NumberExplanation
from keras_mtl.explaining.task_reading import Labels, TaskReading, one_output_a_row
from keras_mtl.heads.labels import without_tensor


class NumberReading(TaskReading):
    """One or several measured numbers for each row.

    Args:
        count: How many.
        names: What they are called; None if they have no names.
    """

    def __init__(self, count: int, names: Sequence[str] | None = None) -> None:
        self.count = count
        several = [f"y{index}" for index in range(count)]
        self.names = list(names or (["y"] if count == 1 else several))

    def labels(self, y: Any) -> Labels:
        """Return the numbers, of shape `(rows, count)`; a row without one of them has no label."""
        array = label_array(without_tensor(y), "`y`", gaps=True).astype(np.float64)
        columns = array[:, None] if array.ndim == 1 else array
        if columns.shape[1:] != (self.count,):
            expected = f"({len(array)}, {self.count})" if self.count > 1 else f"({len(array)},)"
            raise InvalidLabels(
                f"`y` has the shape {array.shape}; the model predicts {self.count} numbers for "
                f"each row, which needs {expected}."
            )
        if np.isinf(columns).any():
            raise InvalidLabels(
                f"`y` must be finite. Received: {int(np.isinf(columns).sum())} infinite values."
            )
        present = np.asarray(~np.isnan(columns).any(axis=1))
        return Labels(np.where(present[:, None], columns, 0.0), present)

    def predictions(self, outputs: np.ndarray) -> NDArray[np.float64]:
        """Return the numbers that are predicted, of shape `(rows, count)`."""
        return one_output_a_row(outputs).astype(np.float64)

    def badness(self, labels: Labels, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of the absolute errors."""
        return np.where(labels.present, np.abs(predictions - labels.values).sum(axis=1), 0.0)

    def explanation(
        self,
        name: str,
        labels: Labels,
        predictions: NDArray[np.float64],
        *,
        bins: int,
        confidence: float,
        kept: KeptRows | None,
    ) -> NumberExplanation:
        """Return how far the model is off."""
        rows = np.flatnonzero(labels.present)
        return NumberExplanation(
            name,
            rows,
            labels.values[rows],
            predictions[rows],
            targets=self.names,
            confidence=confidence,
            unlabelled=len(predictions) - len(rows),
            kept=kept,
        )

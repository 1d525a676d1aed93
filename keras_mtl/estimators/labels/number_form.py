"""Measured numbers as the labels of a regressor."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_array

from keras_mtl.errors import InvalidLabels
from keras_mtl.estimators.labels.label_form import Floats, LabelForm, label_column
from keras_mtl.estimators.labels.unit import Unit
from keras_mtl.heads.head import Head
from keras_mtl.heads.pooling import Pooling
from keras_mtl.linear.losses import SquaredLoss


class NumberForm(LabelForm):
    """One or several numbers for each sample. Their values are floats `(samples, targets)`.

    Args:
        targets: How many.
        is_flat: Whether the labels have the shape `(samples,)`.
    """

    loss = SquaredLoss()

    def __init__(self, targets: int, *, is_flat: bool) -> None:
        self._columns = targets
        self._is_flat = is_flat

    @classmethod
    def read(cls, y: Any, samples: int) -> tuple[NumberForm, np.ndarray]:
        """Return the numbers as columns."""
        labels = label_column(y, samples)
        try:
            numbers = check_array(labels, dtype="numeric", ensure_2d=False, input_name="y")
            columns = numbers.astype(np.float64).reshape(len(numbers), -1)
        except (TypeError, ValueError) as error:
            raise InvalidLabels(
                f"`y` of a regressor holds finite numbers: {error} For classes use "
                "`keras_mtl.TransferClassifier`."
            ) from error
        return cls(columns.shape[1], is_flat=numbers.ndim == 1), columns

    def is_enough(self, values: np.ndarray) -> bool:
        """Return whether there are two samples."""
        return len(values) > 1

    def can_rank(self, values: np.ndarray) -> bool:
        """Return whether the numbers of each target vary among three samples at least."""
        return len(values) > 2 and bool((values.std(axis=0) > 0).all())

    def _too_few(self, values: np.ndarray) -> str:
        return (
            "A regressor needs two samples at least whose weight is not zero. Received: "
            f"{len(values)} sample."
        )

    def strata(self, values: np.ndarray) -> np.ndarray:
        """Return the same stratum for all numbers."""
        return np.zeros(len(values), int)

    def head(self, pooling: Pooling) -> Head:
        """Return a head with an output for each number."""
        return Head(self._columns, "regression", pooling=pooling, name="head")

    def targets(self, values: np.ndarray) -> Floats:
        """Return the numbers as they are."""
        return values

    def metrics(self, values: np.ndarray, outputs: Floats, weights: Floats) -> dict[str, float]:
        """Return the mean squared and the mean absolute error."""
        errors = values - outputs
        return {
            "loss": float(np.average((errors**2).mean(axis=1), weights=weights)),
            "mae": float(np.average(np.abs(errors).mean(axis=1), weights=weights)),
        }

    def unit(self, values: np.ndarray) -> Unit:
        """Return the mean and the standard deviation of the numbers."""
        return Unit.of(values)

    def activate(self, linear: Floats) -> Floats:
        """Return the numbers as they are."""
        return linear

    def gains(self, values: np.ndarray, outputs: Floats, scale: np.ndarray) -> Floats:
        """Return what the mean over the samples makes the coefficient of determination."""
        errors = (values - outputs) / np.where(scale > 0, scale, 1.0)
        return 1 - (errors**2).mean(axis=1)

    def values_of(self, y: Any, samples: int) -> np.ndarray:
        """Return the numbers as columns, if they are as many for each sample."""
        form, values = NumberForm.read(y, samples)
        if (form._columns, form._is_flat) != (self._columns, self._is_flat):
            raise InvalidLabels(
                f"These labels have the shape {np.shape(y)}, but `y` has "
                f"{'one number' if self._is_flat else f'{self._columns} columns'} for each sample."
            )
        return values

    def gains_of_labels(
        self, values: np.ndarray, predicted: np.ndarray, scale: np.ndarray
    ) -> Floats:
        """Return what the mean over the samples makes the coefficient of determination."""
        outputs = np.asarray(predicted, np.float64).reshape(values.shape)
        return self.gains(values, outputs, scale)

    def decode(self, outputs: Floats) -> np.ndarray:
        """Return the numbers in the shape of `y`."""
        return outputs[:, 0] if self._is_flat else outputs

"""The losses of a learning rate range test, and the rate that they suggest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np

from keras_mtl.common.records import Records
from keras_mtl.pictures.loss_by_rate import plot_loss_by_rate

SMOOTHING = 0.9
"""The weight of the losses before in the smoothed loss."""


@dataclass(frozen=True)
class RateLoss:
    """One step of a range test.

    Attributes:
        learning_rate: The rate of the step.
        loss: The loss of its batch, before the update.
        smoothed: The exponential moving average of the losses, corrected for its start at zero.
    """

    learning_rate: float
    loss: float
    smoothed: float


class RateRange(Records[RateLoss]):
    """The steps of a learning rate range test: a list to index, a table to print.

    `find_learning_rate` returns it. The last step is the one at which the loss diverged, if it did.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        >>> model.compile("sgd", "mse")
        >>> x = np.random.default_rng(0).normal(size=(64, 4))
        >>> found = keras_mtl.find_learning_rate(model, x, x[:, :1], steps=50)
        >>> 1e-4 < found.suggestion < 1
        True
        >>> found.plot("rates.png").name
        'rates.png'
    """

    @property
    def suggestion(self) -> float | None:
        """The rate at which the loss falls fastest; None if it never falls.

        The slope at a step is that of the least-squares line through the losses of a fifth of the
        steps around it, so that batches which happen to be easy count little. Only rates below
        the one with the smallest smoothed loss are suggested.
        """
        losses = np.array([step.loss for step in self])
        smoothed = np.array([step.smoothed for step in self])
        finite = np.isfinite(smoothed)
        if not finite.any():
            return None
        reach = max(1, len(losses) // 10)
        slopes = _slopes(losses[finite], reach)[: max(0, int(np.argmin(smoothed[finite])) - reach)]
        if not len(slopes) or slopes.min() >= 0:
            return None
        return self[int(np.argmin(slopes)) + reach].learning_rate

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        return ("learning rate", "loss", "smoothed")

    def cells(self, record: RateLoss) -> Sequence[object]:
        """Return what the columns show of a step."""
        return tuple(
            f"{value:.3g}" for value in (record.learning_rate, record.loss, record.smoothed)
        )

    @property
    def footer(self) -> str:
        """The suggestion."""
        rate = self.suggestion
        return "no suggestion: the loss never fell" if rate is None else f"suggestion: {rate:.3g}"

    def plot(self, path: str | Path) -> Path:
        """Save a picture of the loss against the rate; the ending of the path says the format.

        Raises:
            MissingExtra: matplotlib is not installed.
        """
        shown = [step for step in self if isfinite(step.smoothed)]
        return plot_loss_by_rate(
            [step.learning_rate for step in shown],
            [step.loss for step in shown],
            [step.smoothed for step in shown],
            path,
            suggestion=self.suggestion,
        )


def smoothed_losses(losses: Sequence[float]) -> list[float]:
    """Return the exponential moving averages of losses, corrected for their start at zero."""
    average, found = 0.0, []
    for count, loss in enumerate(losses, 1):
        average = SMOOTHING * average + (1 - SMOOTHING) * loss
        found.append(average / (1 - SMOOTHING**count))
    return found


def _slopes(values: np.ndarray, reach: int) -> np.ndarray:
    """Return least-squares slopes over `reach` values to each side, where there are so many."""
    steps = np.arange(-reach, reach + 1)
    if len(values) < len(steps):
        return np.array([])
    # `convolve` turns the kernel around.
    return np.convolve(values, -steps / (steps**2).sum(), "valid")

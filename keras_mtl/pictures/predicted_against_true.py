"""Predicted against true numbers, and residuals, for several numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from keras_mtl.pictures.direct_labels import shortened
from keras_mtl.pictures.palette import LINES, MUTED
from keras_mtl.pictures.predicted_numbers import MOST_POINTS, PredictedNumbers

if TYPE_CHECKING:
    from matplotlib.figure import FigureBase


@dataclass(frozen=True)
class PredictedAgainstTrue:
    """A picture with a row of two panels for each number: predictions, and residuals.

    Attributes:
        targets: What the numbers are called.
        true: The numbers, of shape `(rows, targets)`.
        predicted: The predictions, of the same shape.
    """

    targets: Sequence[str]
    true: np.ndarray
    predicted: np.ndarray

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return 720, 330 * len(self.targets)

    def draw(self, figure: FigureBase) -> None:
        """Draw on an empty figure."""
        rows = figure.subfigures(len(self.targets), 2, squeeze=False)
        for index, (left, right) in enumerate(rows):
            true, predicted = self.true[:, index], self.predicted[:, index]
            name = self.targets[index]
            PredictedNumbers(name, true, predicted).draw(left)
            _residuals(right, name, true, predicted)


def _residuals(figure: FigureBase, name: str, true: np.ndarray, predicted: np.ndarray) -> None:
    axes = figure.subplots()
    rows = np.linspace(0, len(true) - 1, min(len(true), MOST_POINTS)).round().astype(int)
    axes.axhline(0, color=MUTED, linestyle="--", linewidth=1)
    residuals = (predicted - true)[rows]
    axes.plot(predicted[rows], residuals, "o", color=LINES[0], alpha=0.5, mew=0)
    axes.set(xlabel=f"predicted {shortened(name)}", ylabel="predicted - true")
    axes.grid()

"""Predicted numbers against true ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keras_mtl.pictures.direct_labels import shortened
from keras_mtl.pictures.palette import LINES, MUTED

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_POINTS = 400
"""Points of a picture; of more rows, evenly spaced ones are drawn."""


@dataclass(frozen=True)
class PredictedNumbers:
    """A picture of the predictions of one number.

    Attributes:
        target: What the number is called.
        true: The numbers, of shape `(rows,)`.
        predicted: The predictions, likewise.
    """

    target: str
    true: NDArray[np.float64]
    predicted: NDArray[np.float64]

    def draw(self, figure: Figure) -> None:
        """Draw on an empty figure."""
        axes = figure.subplots()
        count = min(len(self.true), MOST_POINTS)
        rows = np.linspace(0, len(self.true) - 1, count).round().astype(int)
        ends = [float(self.true.min()), float(self.true.max())]
        axes.plot(ends, ends, color=MUTED, linestyle="--", linewidth=1)
        axes.plot(self.true[rows], self.predicted[rows], "o", color=LINES[0], alpha=0.5, mew=0)
        axes.set_xlabel(f"true {shortened(self.target)}", parse_math=False)
        axes.set_ylabel("predicted")
        axes.grid()

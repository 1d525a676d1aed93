"""Which class is taken for which, and accuracy against probability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from keras_mtl.pictures.direct_labels import shortened
from keras_mtl.pictures.reliability import Bin, Reliability

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NUMBERS = 20
"""Classes whose counts can be read in the cells."""

MOST_NAMES = 60
"""Classes whose names can be read side by side."""


class ConfusionLike(Protocol):
    """Counts of rows by class and predicted class."""

    @property
    def classes(self) -> Sequence[str]:
        """Names of the classes."""

    @property
    def counts(self) -> np.ndarray:
        """Counts of shape `(classes, classes)`."""


@dataclass(frozen=True)
class ConfusionMatrix:
    """A picture of the counts and, where there are probabilities, of the reliability.

    Attributes:
        confusion: The counts.
        bins: Bins of probabilities, those with rows; None for no second panel.
    """

    confusion: ConfusionLike
    bins: Sequence[Bin] | None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        edge = min(max(360, 26 * len(self.confusion.classes) + 110), 1000)
        return edge + (0 if self.bins is None else 380), edge

    def draw(self, figure: Figure) -> None:
        """Draw on an empty figure."""
        if self.bins is None:
            _matrix(figure.subplots(), self.confusion)
            return
        width, height = self.size
        shares = [height, width - height]
        left, right = figure.subfigures(1, 2, squeeze=False, width_ratios=shares)[0]
        _matrix(left.subplots(), self.confusion)
        Reliability(self.bins).draw(right)


def _matrix(axes: Axes, confusion: ConfusionLike) -> None:
    counts, classes = confusion.counts, list(map(shortened, confusion.classes))
    # Coloured by the share of the class, so that rare classes are seen as well as frequent ones.
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    step = max(1, -(-len(classes) // MOST_NAMES))
    ticks, size = range(0, len(classes), step), 10
    axes.set_xticks(ticks, classes[::step], rotation=90, fontsize=size)
    axes.set_yticks(ticks, classes[::step], fontsize=size)
    axes.set(xlabel="predicted", ylabel="true")
    axes.set_title("rows; shaded by the share of the true class", fontsize=size)
    if len(classes) <= MOST_NUMBERS:
        for (row, column), count in np.ndenumerate(counts):
            color = "white" if shares[row, column] > 0.5 else "black"
            text = f"{count}" if count else ""
            axes.text(column, row, text, ha="center", va="center", color=color, fontsize=9)

"""How often predictions are right, against how probable the model calls them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from keras_mtl.pictures.palette import LINES, MUTED

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Bin(Protocol):
    """Rows whose predicted class has a probability in a range."""

    @property
    def confidence(self) -> float:
        """Their mean probability."""

    @property
    def accuracy(self) -> float:
        """The share of them that is right."""

    @property
    def accuracy_low(self) -> float:
        """Lower end of its interval."""

    @property
    def accuracy_high(self) -> float:
        """Upper end of its interval."""


@dataclass(frozen=True)
class Reliability:
    """A picture of the accuracy of some bins, each with its interval.

    Attributes:
        bins: The bins, those with rows.
    """

    bins: Sequence[Bin]

    def draw(self, figure: Figure) -> None:
        """Draw on an empty figure."""
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=MUTED, linestyle="--", linewidth=1)
        for one in self.bins:
            ends = [one.accuracy_low, one.accuracy_high]
            axes.plot([one.confidence] * 2, ends, color=LINES[0], alpha=0.5)
        x, y = [one.confidence for one in self.bins], [one.accuracy for one in self.bins]
        axes.plot(x, y, "o-", color=LINES[0])
        axes.set(xlim=(0, 1.02), ylim=(0, 1.02))
        axes.set(xlabel="probability of the predicted class", ylabel="accuracy")
        axes.grid()

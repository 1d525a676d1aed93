"""Scores of layers one below the other, from the inputs to the outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from keras_mtl.pictures.direct_labels import shortened
from keras_mtl.pictures.palette import INK, LINES, MUTED
from keras_mtl.pictures.scores_by_depth import DepthScore

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST = 24
"""Characters of a layer's name beside the picture."""
ROW, MOST_ROWS = 26, 30
"""Pixels of a layer, and how many layers have a name beside the picture."""


@dataclass(frozen=True)
class ScoredLayers:
    """A picture of the scores of layers, which fits on a narrow page as well.

    Attributes:
        scores: From the inputs to the outputs.
        score_name: What the horizontal axis is called.
        best: The layer whose mark is filled.
        chance: A score that needs no features, if there is one.
        percent: Whether scores are shares, which read as percentages.
    """

    scores: Sequence[DepthScore]
    score_name: str
    best: str
    chance: float | None = None
    percent: bool = False

    @property
    def height(self) -> int:
        """The height in pixels that suits the number of layers."""
        return 90 + ROW * min(len(self.scores), MOST_ROWS)

    def draw(self, figure: Figure) -> None:
        """Draw on an empty figure."""
        axes = figure.subplots()
        for place, one in enumerate(self.scores):
            if not isfinite(one.value):
                continue
            color = LINES[1] if one.layer == self.best else LINES[0]
            filled = color if one.layer == self.best else "none"
            ends = [one.value - one.spread, one.value + one.spread]
            axes.plot(ends, [place, place], color=color)
            axes.plot(one.value, place, "o", color=color, mfc=filled, mew=2)
        if self.chance is not None:
            axes.axvline(self.chance, color=MUTED, linestyle="--", linewidth=1)
        step = max(1, -(-len(self.scores) // MOST_ROWS))
        names = [shortened(one.layer, LONGEST) for one in self.scores[::step]]
        axes.set_yticks(range(0, len(self.scores), step), names, color=INK, parse_math=False)
        axes.set_ylim(len(self.scores) - 0.5, -0.5)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        if self.percent:
            axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%")
        axes.grid()
        axes.set_xlabel(self.score_name)

"""The loss by epoch, in a panel for each strategy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from keras_mtl.pictures.direct_labels import label_ends, shortened
from keras_mtl.pictures.drawing import UNITS
from keras_mtl.pictures.palette import MUTED, LineStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL, EDGES = 220, 90
"""Pixels of the height of a panel, and those that are not of its axes, about."""
TWO_COLUMNS = 500
"""Pixels of width from which on two panels stand side by side."""
FAINTEST = 0.4
"""Opacity of the line with the fewest labels."""


@dataclass(frozen=True)
class Curve:
    """The loss of one strategy with one number of labels.

    Attributes:
        labels: Number of labels.
        runs: Loss by epoch of each run.
        held_out: The same on data held out; empty where none was.
    """

    labels: int
    runs: Sequence[Sequence[float]]
    held_out: Sequence[Sequence[float]]


@dataclass(frozen=True)
class LossPanels:
    """A picture of mean losses by epoch: a panel for each strategy, a line for each label count.

    Attributes:
        panels: The curves of each strategy, in increasing order of labels.
        styles: The style of each strategy; its color is used.
    """

    panels: Mapping[str, Sequence[Curve]]
    styles: Mapping[str, LineStyle]

    def height(self, width: int) -> int:
        """Return the height in pixels that suits a width."""
        return PANEL * -(-len(self.panels) // self._columns(width))

    def draw(self, figure: Figure) -> None:
        """Draw on an empty figure."""
        columns = self._columns(figure.get_size_inches()[0] * UNITS)
        rows = -(-len(self.panels) // columns)
        grid = figure.subplots(rows, columns, squeeze=False).ravel()
        for axes in grid[len(self.panels) :]:
            axes.set_axis_off()
        for axes, (name, curves) in zip(grid, self.panels.items(), strict=False):
            _draw(axes, curves, self.styles[name].color)
            axes.set_title(shortened(name), parse_math=False)

    def _columns(self, width: float) -> int:
        return 2 if width > TWO_COLUMNS else 1


def mean_curve(runs: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Return the mean over some runs by epoch, up to the end of the shortest."""
    shortest = min(map(len, runs))
    return np.mean([np.asarray(run[:shortest], float) for run in runs], axis=0)


def _draw(axes: Axes, curves: Sequence[Curve], color: str) -> None:
    ends = {}
    for place, curve in enumerate(curves):
        strength = 1 - (1 - FAINTEST) * (len(curves) - 1 - place) / max(1, len(curves) - 1)
        mean = mean_curve(curve.runs)
        ends[f"{curve.labels:,}"] = (float(len(mean)), float(mean[-1]))
        dot = "." if len(mean) == 1 else ""
        axes.plot(np.arange(1, len(mean) + 1), mean, color=color, alpha=strength, marker=dot)
        if curve.held_out:
            held_out = mean_curve(curve.held_out)
            epochs = np.arange(1, len(held_out) + 1)
            axes.plot(epochs, held_out, ":", color=color, alpha=strength)
    axes.grid(axis="y")
    axes.locator_params(axis="x", integer=True)
    axes.set_xlim(axes.get_xlim())
    axes.set_ylim(min(0.0, axes.get_ylim()[0]), axes.get_ylim()[1])
    axes.set_xlabel("epoch", color=MUTED)
    label_ends(axes, ends, dict.fromkeys(ends, color), PANEL - EDGES)

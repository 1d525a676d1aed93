"""Learning curves: a panel for each task, and a line for each way of training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from keras_mtl.pictures.canvas import band, explain_bands, finish

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH, HEIGHT = 302, 274
"""Pixels of a panel."""


@dataclass(frozen=True)
class LearningCurves:
    """Scores by epoch.

    Attributes:
        curves: By task and way of training an array of shape `(runs, epochs)`.
        score_name: What the vertical axis is called.
    """

    curves: Mapping[str, Mapping[str, np.ndarray]]
    score_name: str

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return WIDTH * len(self.curves), HEIGHT

    def draw(self, figure: Figure) -> None:
        """Draw on an empty figure."""
        panels = figure.subplots(1, len(self.curves), squeeze=False)[0]
        for axes, (task, ways) in zip(panels, self.curves.items(), strict=True):
            for way, scores in ways.items():
                epochs = np.arange(1, scores.shape[1] + 1)
                mean, several = scores.mean(axis=0), len(scores) > 1
                spread = scores.std(axis=0, ddof=1) if several else np.zeros_like(mean)
                (line,) = axes.plot(epochs, mean, label=way)
                band(axes, epochs, mean, spread, line.get_color())
            axes.set(xlabel="epoch", ylabel=self.score_name)
            axes.set_title(task)
            finish(axes)
        explain_bands(figure, [len(one) for ways in self.curves.values() for one in ways.values()])

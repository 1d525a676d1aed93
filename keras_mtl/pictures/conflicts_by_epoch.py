"""Cosines between the gradients of tasks, their norms and their weights, by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from keras_mtl.pictures.canvas import finish, new_picture, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, PANEL = 7.0, 2.2
"""Inches of the width of the picture, and of the height of a panel."""


def plot_conflicts(
    epochs: Sequence[int],
    tasks: Sequence[str],
    cosines: Mapping[str, np.ndarray],
    norms: np.ndarray,
    weights: np.ndarray,
    path: str | Path,
) -> Path:
    """Save a picture with a panel for the cosines of each block, one for norms and one for weights.

    Args:
        epochs: The epochs after which was measured, counted from 0.
        tasks: The names of the tasks.
        cosines: By the name of a block floats of shape `(epochs, tasks, tasks)`.
        norms: Floats of shape `(epochs, tasks)`.
        weights: Floats of shape `(epochs, tasks)`.
        path: Where to write; the ending says the format.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    figure = new_picture(WIDTH, PANEL * (len(cosines) + 2))
    panels = figure.subplots(len(cosines) + 2, 1, sharex=True)
    shown = [epoch + 1 for epoch in epochs]
    for axes, (block, of_block) in zip(panels, cosines.items(), strict=False):
        lines = {
            f"{tasks[one]}, {tasks[other]}": of_block[:, one, other]
            for one, other in combinations(range(len(tasks)), 2)
        }
        _draw(axes, shown, lines, f"cosine, {block}")
        axes.axhline(0.0, color="0.6", linewidth=1)
        axes.set_ylim(-1.05, 1.05)
    by_task = dict(zip(tasks, norms.T, strict=True))
    _draw(panels[-2], shown, by_task, "norm of the gradient")
    _draw(panels[-1], shown, dict(zip(tasks, weights.T, strict=True)), "weight")
    if (norms > 0).all():
        panels[-2].set_yscale("log")
    panels[-1].set_xlabel("epoch")
    panels[-1].locator_params(axis="x", integer=True)
    return save(figure, path)


def _draw(axes: Axes, epochs: list[int], lines: Mapping[str, np.ndarray], title: str) -> None:
    for name, values in lines.items():
        marker = "o" if len(epochs) == 1 else ""
        axes.plot(epochs, values, label=name.replace("$", r"\$"), marker=marker)
    axes.set_title(title.replace("$", r"\$"), fontsize=10, loc="left")
    finish(axes)

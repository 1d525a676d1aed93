"""Learning curves of several tasks, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from keras_mtl.pictures.canvas import band, explain_bands, finish, new_picture, save

Runs = Sequence[Sequence[float]]


def plot_curves(
    curves: Mapping[str, Mapping[str, Runs]], path: str | Path, *, score_name: str = "accuracy"
) -> Path:
    """Save a picture with a panel for each task and a line for each way of training.

    Args:
        curves: By task and way of training, the scores of each run by epoch. The line is the mean
            over the runs, with a band of one (sample) standard deviation to each side.
        path: Where to save it; the ending says the format, such as `.png` or `.svg`.
        score_name: What the vertical axis is called.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    figure = new_picture(4.2 * len(curves), 3.8)
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    for axes, (task, ways) in zip(panels, curves.items(), strict=True):
        for way, runs in ways.items():
            scores = np.asarray(runs, dtype=float)
            epochs = np.arange(1, scores.shape[1] + 1)
            mean, several = scores.mean(axis=0), len(scores) > 1
            spread = scores.std(axis=0, ddof=1) if several else np.zeros_like(mean)
            (line,) = axes.plot(epochs, mean, label=way)
            band(axes, epochs, mean, spread, line.get_color())
        axes.set(title=task, xlabel="epoch", ylabel=score_name)
        finish(axes)
    explain_bands(figure, [len(runs) for ways in curves.values() for runs in ways.values()])
    return save(figure, path)

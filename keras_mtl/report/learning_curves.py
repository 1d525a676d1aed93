"""Learning curves of several tasks side by side: a picture to save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from keras_mtl.errors import MissingExtra

Runs = Sequence[Sequence[float]]


def plot_curves(
    curves: Mapping[str, Mapping[str, Runs]], path: str | Path, *, score_name: str = "accuracy"
) -> Path:
    """Save a picture: a panel a task, in it a line a way of training, a band for the spread.

    Args:
        curves: By task and way of training the scores of each run by epoch; the line is the mean
            over the runs, the band one standard deviation to each side.
        path: Where to save it; the ending says the format, such as `.png` or `.svg`.
        score_name: What the vertical axis is called.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtra("Saving a picture", "plots") from error
    figure = Figure(figsize=(4.2 * len(curves), 3.8), layout="constrained")
    for axes, (task, ways) in zip(
        figure.subplots(1, len(curves), squeeze=False)[0], curves.items(), strict=True
    ):
        for way, runs in ways.items():
            scores = np.asarray(runs, dtype=float)
            epochs = np.arange(1, scores.shape[1] + 1)
            mean, spread = scores.mean(axis=0), scores.std(axis=0)
            (line,) = axes.plot(epochs, mean, label=way)
            band = {"color": line.get_color(), "alpha": 0.15, "linewidth": 0}
            axes.fill_between(epochs, mean - spread, mean + spread, **band)
        axes.set(title=task, xlabel="epoch", ylabel=score_name)
        axes.grid(alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.savefig(path, dpi=150)
    return Path(path)

"""The loss against the learning rate, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from keras_mtl.pictures.canvas import finish, new_picture, save


def plot_loss_by_rate(
    rates: Sequence[float],
    losses: Sequence[float],
    smoothed: Sequence[float],
    path: str | Path,
    *,
    suggestion: float | None = None,
) -> Path:
    """Save a picture of the loss of each batch, and of the smoothed loss, against the rate.

    Args:
        rates: The learning rates, in increasing order.
        losses: The loss of the batch at each rate.
        smoothed: The same, smoothed.
        path: Where to save it; the ending says the format, such as `.png` or `.svg`.
        suggestion: The rate to mark, if there is one.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    figure = new_picture(6.0, 4.2)
    axes = figure.subplots()
    axes.plot(rates, losses, color="0.7", linewidth=1, label="batch")
    axes.plot(rates, smoothed, label="smoothed")
    if suggestion is not None:
        label = f"suggestion: {suggestion:.2g}"
        axes.axvline(suggestion, color="0.3", linestyle="--", linewidth=1, label=label)
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss")
    finish(axes)
    return save(figure, path)

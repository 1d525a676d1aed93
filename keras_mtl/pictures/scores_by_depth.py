"""Scores by depth of the cut, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from keras_mtl.pictures.canvas import band, finish, new_picture, save

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_TICKS = 40  # layer names that can be read side by side


@dataclass(frozen=True)
class DepthScore:
    """The score of the features of one layer; `spread` is half the height of its band."""

    layer: str
    value: float
    spread: float = 0.0


def plot_depths(
    lines: Mapping[str, Sequence[DepthScore]],
    path: str | Path,
    *,
    layers: Sequence[str],
    score_name: str = "score",
    connected: bool = True,
    chance: float | None = None,
) -> Path:
    """Save a picture of scores against depth, with a line and a band for each way of scoring.

    Args:
        lines: For each name of a line its scores, from the inputs to the outputs; a line with the
            name "" is not in the legend.
        path: Where to save it; the ending says the format, such as `.png` or `.svg`.
        layers: All depths from the inputs to the outputs; a line may leave some out.
        score_name: What the vertical axis is called.
        connected: Whether the points of a line are connected; not where the depths between two
            points were not scored.
        chance: A score that needs no features, if there is one: a line is drawn there, and hollow
            marks for the scores below.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    figure = new_picture(max(6.0, 0.25 * len(layers)), 4.2)
    axes = figure.subplots()
    for label, points in lines.items():
        finite = [point for point in points if isfinite(point.value)]
        style = "-" if connected else "none"
        _draw(axes, label, [_above(point, chance) for point in finite], layers, style)
        if chance is not None:
            places = [layers.index(point.layer) for point in finite if point.value < chance]
            axes.plot(places, [chance] * len(places), "o", color="0.5", mfc="white", markersize=5)
    if chance is not None:
        axes.axhline(chance, color="0.5", linestyle="--", linewidth=1, label="chance")
    step = max(1, -(-len(layers) // MAX_TICKS))
    axes.set_xticks(range(0, len(layers), step), layers[::step], rotation=90, fontsize=8)
    axes.set(xlabel="last layer kept", ylabel=score_name)
    finish(axes)
    return save(figure, path)


def _above(point: DepthScore, chance: float | None) -> DepthScore:
    """Return the point, at chance and without a spread if it is below."""
    below = chance is not None and point.value < chance
    return DepthScore(point.layer, chance or 0.0) if below else point


def _draw(
    axes: Axes, label: str, points: Sequence[DepthScore], layers: Sequence[str], style: str
) -> None:
    places = [layers.index(point.layer) for point in points]
    values = [point.value for point in points]
    size = 3 if style == "-" else 6
    (line,) = axes.plot(places, values, linestyle=style, marker="o", markersize=size, label=label)
    if style == "-":
        band(axes, places, values, [point.spread for point in points], line.get_color())

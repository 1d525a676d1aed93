"""Lines against the number of labels: scores, seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from keras_mtl.pictures.direct_labels import label_ends
from keras_mtl.pictures.drawing import UNITS
from keras_mtl.pictures.palette import MUTED, LineStyle

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EDGES, NAMES = 60, 190
"""Pixels of height and width of a picture that are not of its axes, about."""
NAME_OF_COUNT = 44
"""Pixels that the number of labels needs below the axis."""


@dataclass(frozen=True)
class Point:
    """What was measured with one number of labels.

    Attributes:
        labels: Number of labels.
        value: The mean.
        low: Lower end of the band; equal to `value` where there is none.
        high: Upper end of the band.
    """

    labels: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Line:
    """What was measured of one strategy, in increasing order of labels."""

    name: str
    points: Sequence[Point]
    style: LineStyle


@dataclass(frozen=True)
class Mark:
    """A place between two numbers of labels that is to be marked, and what happens there."""

    labels: float
    text: str


@dataclass(frozen=True)
class LinesByLabels:
    """A picture of some lines with bands against the number of labels, on a logarithmic axis.

    Attributes:
        lines: The lines.
        quantity: What the vertical axis is called.
        logarithmic: Whether the vertical axis is logarithmic.
        percent: Whether its numbers are shares, which read as percentages.
        marks: Places to mark.
        note: A sentence above the picture.
    """

    lines: Sequence[Line]
    quantity: str
    logarithmic: bool = False
    percent: bool = False
    marks: Sequence[Mark] = ()
    note: str = ""

    def draw(self, figure: Figure) -> None:
        """Draw on an empty figure."""
        axes = figure.subplots()
        for line in self.lines:
            _draw(axes, line)
        if self.logarithmic:
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.yaxis.set_minor_formatter(lambda value, _: "")
        width, height = (float(inches) * UNITS for inches in figure.get_size_inches())
        self._name_counts(axes, width)
        if self.percent:
            axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.3g}%")
        axes.grid(axis="y")
        axes.set_xlabel("labels")
        axes.set_ylabel(self.quantity)
        axes.set_title(self.note, color=MUTED, weight="normal", parse_math=False)
        for mark in self.marks:
            axes.axvline(mark.labels, color=MUTED, linestyle=":", linewidth=1.5)
        ends = {line.name: line.points[-1] for line in self.lines}
        label_ends(
            axes,
            {name: (end.labels, end.value) for name, end in ends.items()},
            {line.name: line.style.color for line in self.lines},
            height - EDGES,
        )

    def _name_counts(self, axes: Axes, width: float) -> None:
        counts = sorted({point.labels for line in self.lines for point in line.points})
        axes.set_xscale("log")
        axes.set_xticks([], minor=True)
        axes.set_xticks(counts, [""] * len(counts))
        named = apart(counts, least=NAME_OF_COUNT / (width - NAMES))
        axes.set_xticks(counts, [f"{count:,}" if count in named else "" for count in counts])
        axes.set_xlim(axes.get_xlim())  # Known from here on, for what is placed by them.
        axes.set_ylim(axes.get_ylim())


def apart(counts: Sequence[int], least: float) -> set[int]:
    """Return the counts, the last one first, that are so far apart on a logarithmic axis.

    Args:
        counts: In increasing order.
        least: Distance, as a share of the whole axis.
    """
    whole = log(counts[-1] / counts[0]) or 1.0
    kept = [counts[-1]]
    for count in reversed(counts):
        if log(kept[-1] / count) >= least * whole:
            kept.append(count)
    return set(kept)


def _draw(axes: Axes, line: Line) -> None:
    labels = [point.labels for point in line.points]
    style = line.style
    if any(point.low < point.high for point in line.points):
        axes.fill_between(
            labels,
            [point.low for point in line.points],
            [point.high for point in line.points],
            color=style.color,
            alpha=0.14,
            linewidth=0,
        )
    axes.plot(
        labels,
        [point.value for point in line.points],
        color=style.color,
        marker=style.marker,
        linestyle=style.dashes,
        label=line.name,
    )

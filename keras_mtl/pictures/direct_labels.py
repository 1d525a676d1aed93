"""Names written at the ends of lines, one above the other where the lines end close together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from keras_mtl.common.writable_text import writable
from keras_mtl.pictures.palette import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST = 22
"""Characters of a name that are written; the table beside a picture has all of them."""
LEADER = {"arrowstyle": "-", "relpos": (0, 0.5), "shrinkA": 2, "shrinkB": 5}
"""From the end of a line to the left of its name, with gaps in points."""
GAP = 18
"""Pixels from one name to the next."""


def label_ends(
    axes: Axes, ends: Mapping[str, tuple[float, float]], colors: Mapping[str, str], height: float
) -> None:
    """Write the name of each line right of its end; the limits of the axes are set before.

    Args:
        axes: Where the lines are.
        ends: The last point of each line, by name.
        colors: The color of each line, by name.
        height: Height of the axes in pixels, about.
    """
    names = list(ends)
    places = [float(_in_axes(axes, *ends[name])[1]) for name in names]
    for name, wanted, place in zip(names, places, spread_out(places, GAP / height), strict=True):
        start = _in_axes(axes, *ends[name])[0]
        axes.annotate(
            shortened(name),
            xy=(start, wanted),
            xycoords="axes fraction",
            xytext=(1.05, place),
            textcoords="axes fraction",
            va="center",
            color=INK,
            annotation_clip=False,
            arrowprops={**LEADER, "color": colors[name]},
            parse_math=False,
        )


def shortened(name: str, longest: int = LONGEST) -> str:
    """Return a name that can be drawn, without its middle if it is long."""
    name = writable(name)
    if len(name) <= longest:
        return name
    kept = longest - 1
    return f"{name[: kept - kept // 3]}…{name[-(kept // 3) :]}"


def spread_out(places: Sequence[float], gap: float) -> list[float]:
    """Return places at least `gap` apart in the same order, near the given ones, within [0, 1].

    Where there is no room for all, they are as far apart as the room allows.
    """
    if not places:
        return []
    order = sorted(range(len(places)), key=lambda number: (places[number], number))
    gap = min(gap, 1 / max(1, len(places) - 1))
    # Least squares under an order is a running mean (Barlow et al., 1972): shift, pool, shift back.
    pools: list[list[float]] = []
    for rank, number in enumerate(order):
        pools.append([places[number] - rank * gap])
        while len(pools) > 1 and _mean(pools[-2]) > _mean(pools[-1]):
            last = pools.pop()
            pools[-1].extend(last)
    highest = 1 - (len(places) - 1) * gap
    shifted = [min(max(_mean(pool), 0.0), highest) for pool in pools for _ in pool]
    result = [0.0] * len(places)
    for rank, number in enumerate(order):
        result[number] = shifted[rank] + rank * gap
    return result


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _in_axes(axes: Axes, x: float, y: float) -> tuple[float, float]:
    """Return a point of the data as fractions of the axes."""
    across, up = axes.transAxes.inverted().transform(axes.transData.transform((x, y)))
    return float(across), float(up)

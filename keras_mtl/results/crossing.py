"""Where one strategy overtakes another as the number of labels grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from keras_mtl.results.standing import Standing


@dataclass(frozen=True)
class Crossing:
    """Two strategies, each the better one beyond the noise on its side.

    Attributes:
        before: The best strategy with fewer labels.
        after: The best strategy with more labels.
        low: The largest number of labels with which `before` is better beyond the noise.
        high: The smallest one with which `after` is.
        labels: Where the lines between the measured means cross, on a logarithmic axis of labels.
    """

    before: str
    after: str
    low: int
    high: int
    labels: float


def crossings(standings: Sequence[Standing]) -> list[Crossing]:
    """Return where the best strategy changes beyond the noise, from the fewest labels up.

    Args:
        standings: One for each number of labels, from the fewest up.
    """
    found: list[Crossing] = []
    for fewer, more in combinations(standings, 2):
        before, after = fewer.best, more.best
        if before == after or after not in fewer.behind or before not in more.behind:
            continue
        inside = [one for one in standings if fewer.labels < one.labels < more.labels]
        if any(_tells(one, before, after) for one in inside):
            continue  # A narrower range says the same.
        found.append(Crossing(before, after, fewer.labels, more.labels, _middle(fewer, more)))
    return found


def _tells(standing: Standing, one: str, other: str) -> bool:
    """Return whether one of two strategies is the best and the other one worse."""
    return (standing.best == one and other in standing.behind) or (
        standing.best == other and one in standing.behind
    )


def _middle(fewer: Standing, more: Standing) -> float:
    lead = fewer.differences[more.best].mean
    change = lead + more.differences[fewer.best].mean
    return float(fewer.labels * (more.labels / fewer.labels) ** (lead / change))

"""How many times faster one strategy trains than another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from keras_mtl.results.run_groups import RunGroups

QUICK = ("frozen", "features+logistic", "features+knn")
"""The strategies that leave the trunk as it is."""
SLOW = "fine-tuned"
"""The strategy that they are measured against."""


@dataclass(frozen=True)
class Speed:
    """The time of a training against another one with the same labels.

    Attributes:
        strategy: The faster strategy.
        against: The slower one.
        times: Seconds of the slower one divided by seconds of the faster one: the median over the
            numbers of labels of the ratio of the median seconds.
    """

    strategy: str
    against: str
    times: float


def speeds(groups: RunGroups, quick: Sequence[str] = QUICK, slow: str = SLOW) -> list[Speed]:
    """Return how many times faster strategies without a trained trunk are than fine-tuning."""
    found = []
    for name in quick:
        ratios = [ratio for labels in groups.labels for ratio in _ratio(groups, name, slow, labels)]
        if ratios:
            found.append(Speed(name, slow, float(np.median(ratios))))
    return found


def _ratio(groups: RunGroups, quick: str, slow: str, labels: int) -> list[float]:
    """Return the ratio of the median seconds; nothing where one of them has not been measured."""
    seconds = [
        [run.seconds for run in groups.scored(name, labels).values()] for name in (quick, slow)
    ]
    if not all(seconds) or np.median(seconds[0]) <= 0:
        return []
    return [float(np.median(seconds[1]) / np.median(seconds[0]))]

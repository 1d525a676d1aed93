"""Measured scores, and their means over seeds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean, stdev


@dataclass(frozen=True)
class Score:
    """The score of one run.

    Attributes:
        strategy: How the network was trained, such as `"frozen"`.
        labels: Number of labels it was trained with.
        seed: Seed of the run.
        value: The score, such as the accuracy on a test set.
    """

    strategy: str
    labels: int
    seed: int
    value: float


@dataclass(frozen=True)
class Summary:
    """The scores of one strategy with one number of labels, over seeds.

    Attributes:
        strategy: How the network was trained.
        labels: Number of labels it was trained with.
        mean: Mean score.
        spread: Sample standard deviation; 0 for a single run.
        runs: Number of runs.
    """

    strategy: str
    labels: int
    mean: float
    spread: float
    runs: int


def summarise(scores: Iterable[Score]) -> list[Summary]:
    """Return mean and spread over seeds, in the order in which strategies and counts appear."""
    groups: dict[tuple[str, int], list[float]] = {}
    for score in scores:
        groups.setdefault((score.strategy, score.labels), []).append(score.value)
    return [
        Summary(
            strategy,
            labels,
            mean=fmean(values),
            spread=stdev(values) if len(values) > 1 else 0.0,
            runs=len(values),
        )
        for (strategy, labels), values in groups.items()
    ]

"""Measured scores, and their means over seeds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
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


@dataclass(frozen=True)
class Crossover:
    """Where another strategy becomes the best one.

    Attributes:
        labels: Number of labels at which the lines between measured means cross, the axis of
            labels being logarithmic.
        before: The best strategy with fewer labels.
        after: The best strategy with more labels.
    """

    labels: float
    before: str
    after: str


def crossovers(summaries: Iterable[Summary]) -> list[Crossover]:
    """Return where the best strategy changes between two numbers of labels.

    Args:
        summaries: Of strategies that have all been measured with the same numbers of labels;
            others are left out.
    """
    means: dict[int, dict[str, float]] = {}
    for one in summaries:
        means.setdefault(one.labels, {})[one.strategy] = one.mean
    shared = set.intersection(*map(set, means.values())) if means else set()
    found = []
    for fewer, more in pairwise(sorted(means) if shared else []):
        before, after = (max(shared, key=means[labels].__getitem__) for labels in (fewer, more))
        lead = means[fewer][before] - means[fewer][after]
        change = lead + means[more][after] - means[more][before]
        if change > 0:
            found.append(Crossover(fewer * (more / fewer) ** (lead / change), before, after))
    return found


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

"""Means and spreads over seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from keras_mtl.results.run import Run
from keras_mtl.results.run_groups import RunGroups


@dataclass(frozen=True)
class Summary:
    """The runs of one strategy with one number of labels.

    Attributes:
        strategy: Name of the strategy.
        labels: Number of labels that it was trained with.
        mean: Mean score over seeds; NaN if all runs failed.
        spread: Sample standard deviation over seeds; NaN for fewer than two runs.
        runs: Number of runs that have a score.
        failures: Number of runs that have none.
        seconds: Median time of a training; NaN if all runs failed.
        parameters: Median number of parameters trained.
        cut: The most frequent cut, of equally frequent ones the first by name; None if there is
            none.
    """

    strategy: str
    labels: int
    mean: float
    spread: float
    runs: int
    failures: int
    seconds: float
    parameters: int
    cut: str | None


def summarise(runs: Iterable[Run]) -> list[Summary]:
    """Return a summary for each strategy and number of labels.

    Args:
        runs: Runs in any order. Those without a score count as failures and in nothing else.

    Returns:
        Strategies in the order in which they appear, each from the fewest labels to the most.

    Raises:
        ValueError: Two runs are of the same strategy, number of labels and seed.
    """
    groups = RunGroups(runs)
    return [
        _summary(groups, strategy, labels)
        for strategy in groups.strategies
        for labels in groups.labels
        if groups.all(strategy, labels)
    ]


def _summary(groups: RunGroups, strategy: str, labels: int) -> Summary:
    runs = list(groups.scored(strategy, labels).values())
    cuts = Counter(run.cut for run in runs if run.cut is not None)
    return Summary(
        strategy,
        labels,
        mean=groups.mean(strategy, labels),
        spread=float(np.std([run.score for run in runs], ddof=1)) if runs[1:] else np.nan,
        runs=len(runs),
        failures=len(groups.all(strategy, labels)) - len(runs),
        seconds=float(np.median([run.seconds for run in runs])) if runs else np.nan,
        parameters=int(np.median([run.parameters for run in runs])) if runs else 0,
        cut=min(cuts, key=lambda cut: (-cuts[cut], cut), default=None),
    )

"""Runs by strategy and number of labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.results.run import Run


class RunGroups:
    """Runs of strategies with several numbers of labels, found by both.

    Args:
        runs: Runs in any order, no two of the same strategy, number of labels and seed.

    Attributes:
        strategies: Names of the strategies, in the order in which they appear.
        labels: Numbers of labels, from the fewest to the most.

    Raises:
        ValueError: Two runs are of the same strategy, number of labels and seed.
    """

    def __init__(self, runs: Iterable[Run]) -> None:
        self._runs: dict[tuple[str, int], dict[int, Run]] = {}
        for run in runs:
            group = self._runs.setdefault((run.strategy, run.labels), {})
            if run.seed in group:
                raise ValueError(
                    "`runs` has one run for each strategy, number of labels and seed. Received "
                    f"two of {run.strategy!r} with {run.labels} labels and seed {run.seed}."
                )
            group[run.seed] = run
        self.strategies = tuple(dict.fromkeys(strategy for strategy, _ in self._runs))
        self.labels = tuple(sorted({labels for _, labels in self._runs}))

    def all(self, strategy: str, labels: int) -> list[Run]:
        """Return the runs of a strategy with a number of labels, in the order of their seeds."""
        return [run for _, run in sorted(self._runs.get((strategy, labels), {}).items())]

    def scored(self, strategy: str, labels: int) -> Mapping[int, Run]:
        """Return the runs that have a score, by seed."""
        return {run.seed: run for run in self.all(strategy, labels) if np.isfinite(run.score)}

    def measured(self, labels: int) -> list[str]:
        """Return the strategies that have a score with a number of labels."""
        return [name for name in self.strategies if self.scored(name, labels)]

    def mean(self, strategy: str, labels: int) -> float:
        """Return the mean score over seeds; NaN if there is none."""
        scores = [run.score for run in self.scored(strategy, labels).values()]
        return float(np.mean(scores)) if scores else np.nan

    def check(self, strategy: str, labels: int) -> None:
        """Raise an error if there are no runs of a strategy with a number of labels.

        Raises:
            ValueError: There are none; a near name is suggested.
        """
        if strategy not in self.strategies:
            known, hint = list(self.strategies), did_you_mean(strategy, self.strategies)
            raise ValueError(f"No strategy is called {strategy!r}; there are {known}.{hint}")
        if (strategy, labels) not in self._runs:
            counts = sorted(count for name, count in self._runs if name == strategy)
            raise ValueError(f"{strategy!r} has runs with {counts} labels. Received: {labels!r}.")

"""What a comparison says of one strategy with one number of labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keras_mtl.comparing.label_draws import FOLDS
from keras_mtl.results.paired_difference import PairedDifference, paired_difference
from keras_mtl.results.run import Run
from keras_mtl.results.summary import Summary, summarise

CONTROL = "from-scratch"
"""The strategy that the others are compared with."""


@dataclass(frozen=True)
class ComparedStrategy:
    """The runs of one strategy with one number of labels.

    Attributes:
        labels: Number of labels.
        strategy: Name of the strategy.
        score: Mean score over seeds; NaN if all runs failed.
        spread: Standard deviation over seeds; None for fewer than two runs.
        difference: How much better it is than `"from-scratch"` with the same labels, on the same
            rows; None where that is not known, and of `"from-scratch"` itself.
        low: Lower end of the 95% confidence interval of the difference.
        high: Upper end.
        seconds: Median time of a training, with its share of the pass that gives features.
        parameters: Number of parameters that are trained.
        cut: The most frequent cut; None if the strategy keeps nothing of the network.
        runs: Number of runs that have a score.
        failures: Number of runs that failed.

    Example:
        >>> import keras_mtl
        >>> row = keras_mtl.ComparedStrategy(
        ...     100, "frozen", 0.84, 0.02, 0.05, 0.02, 0.08, 0.1, 650, "flatten", 5, 0)
        >>> row.low < row.difference < row.high
        True
    """

    labels: int
    strategy: str
    score: float
    spread: float | None
    difference: float | None
    low: float | None
    high: float | None
    seconds: float
    parameters: int
    cut: str | None
    runs: int
    failures: int


def compared_strategies(runs: Sequence[Run], folds: int | None) -> list[ComparedStrategy]:
    """Return a row for each number of labels and strategy, the best strategy first.

    Args:
        runs: All runs, those that failed too.
        folds: Number of folds of a cross-validation; None if there were test rows.
    """
    rows = [_row(one, runs, folds) for one in summarise(runs)]
    return sorted(rows, key=lambda row: (row.labels, row.score != row.score, -row.score))


def _row(one: Summary, runs: Sequence[Run], folds: int | None) -> ComparedStrategy:
    against = _difference(one, runs, folds)
    return ComparedStrategy(
        labels=one.labels,
        strategy=one.strategy,
        score=one.mean,
        spread=_known(one.spread),
        difference=None if against is None else _known(against.mean),
        low=None if against is None else _known(against.low),
        high=None if against is None else _known(against.high),
        seconds=one.seconds,
        parameters=one.parameters,
        cut=one.cut,
        runs=one.runs,
        failures=one.failures,
    )


def _difference(one: Summary, runs: Sequence[Run], folds: int | None) -> PairedDifference | None:
    measured = {run.strategy for run in runs if run.labels == one.labels}
    if one.strategy == CONTROL or CONTROL not in measured:
        return None
    return paired_difference(
        runs,
        one.strategy,
        CONTROL,
        one.labels,
        cross_validated=folds is not None,
        folds=folds or FOLDS,
    )


def _known(value: float) -> float | None:
    """Return a number; None for NaN."""
    return None if value != value else value

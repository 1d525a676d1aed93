"""Differences between two strategies with the same labels, seeds and test rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy import stats

from keras_mtl.results.crossed_noise import Noise
from keras_mtl.results.noise_of_runs import noise_of_sum, shared_rows
from keras_mtl.results.run import Run
from keras_mtl.results.run_groups import RunGroups


@dataclass(frozen=True)
class PairedDifference:
    """How much better one strategy is than another with the same labels.

    Attributes:
        first: The strategy whose scores count as positive.
        second: The other one.
        labels: Number of labels.
        mean: Mean difference over the seeds that both have a score for; NaN if there is none.
        low: Lower end of the confidence interval; NaN if the noise is not known.
        high: Upper end; NaN if the noise is not known.
        p_value: Two-sided p-value of no difference; 1 if the noise is not known.
        seeds: Number of seeds that both have a score for.
        rows: Number of test rows whose draw counts as noise; 0 if the scores have no parts by row.
    """

    first: str
    second: str
    labels: int
    mean: float
    low: float
    high: float
    p_value: float
    seeds: int
    rows: int

    @property
    def is_known(self) -> bool:
        """Whether the runs tell how large the noise is."""
        return bool(np.isfinite(self.low))


def paired_difference(
    runs: Iterable[Run],
    first: str,
    second: str,
    labels: int,
    *,
    confidence: float = 0.95,
    cross_validated: bool = False,
    folds: int = 5,
) -> PairedDifference:
    """Return the mean difference of two strategies with a confidence interval.

    Where runs have `gains`, seeds and test rows are both taken as drawn at random, so strategies
    that differ on these very rows by chance are within the interval; without, the seeds alone.
    The interval is for this one difference: a verdict, which makes many, asks for more.

    Args:
        runs: Runs in any order; those of other strategies are not looked at.
        first: Name of a strategy.
        second: Name of another one.
        labels: Number of labels.
        confidence: How often the interval holds the true difference, 0.95 by default.
        cross_validated: Whether scores are of cross-validations, one for each seed, with `gains`
            of all rows; the noise is corrected for rows that train and test. Default: False.
        folds: Number of folds of a cross-validation, 5 by default.

    Returns:
        The difference. With fewer than two seeds in common, and for scores without `gains` that do
        not vary or are cross-validated, there is no interval: the ends are NaN, the p-value is 1.

    Raises:
        ValueError: A strategy has no runs with these labels.
    """
    groups = RunGroups(runs)
    for name in (first, second):
        groups.check(name, labels)
    return difference(groups, first, second, labels, confidence, folds if cross_validated else None)


def difference(
    groups: RunGroups, first: str, second: str, labels: int, confidence: float, folds: int | None
) -> PairedDifference:
    """Return the mean difference of two strategies; `folds` is None without cross-validation."""
    ones, others = groups.scored(first, labels), groups.scored(second, labels)
    seeds = sorted(set(ones) & set(others))
    pairs = [(ones[seed], others[seed]) for seed in seeds]
    mean = float(np.mean([one.score - other.score for one, other in pairs])) if pairs else np.nan
    noise = noise_of_sum(pairs, (1, -1), folds)
    low, high, p_value = _interval(noise, confidence) if noise else (np.nan, np.nan, 1.0)
    return PairedDifference(
        first, second, labels, mean, low, high, p_value, len(seeds), shared_rows(pairs)
    )


def _interval(noise: Noise, confidence: float) -> tuple[float, float, float]:
    t = stats.t(noise.degrees)
    reach = float(t.ppf((1 + confidence) / 2)) * noise.error
    p_value = 2 * float(t.sf(abs(noise.mean) / noise.error))
    return noise.mean - reach, noise.mean + reach, p_value

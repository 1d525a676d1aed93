"""Confidence intervals of shares of rows, and of means over rows."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RESAMPLES = 1000
"""Resamples of a bootstrap: with fewer, the ends of a 95% interval move from seed to seed."""

_BLOCK = 2_000_000
"""Drawn row numbers that are in memory at once."""


class Interval(NamedTuple):
    """The two ends of a confidence interval."""

    low: float
    high: float


def wilson(successes: int, trials: int, confidence: float = 0.95) -> Interval:
    """Return the score interval of a proportion.

    Unlike mean ± standard error it stays within 0 and 1, and has a width where all trials, or
    none, succeed. Without trials it is the whole range.

    Args:
        successes: Number of successes.
        trials: Number of trials.
        confidence: Confidence level, in (0, 1).

    Source:
        Wilson, "Probable inference, the law of succession, and statistical inference", 1927.

    Example:
        >>> from keras_mtl.explaining.intervals import wilson
        >>> [round(end, 3) for end in wilson(9, 10)]
        [0.596, 0.982]
    """
    if trials == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / trials
    centre = share + z**2 / (2 * trials)
    half = z * (share * (1 - share) / trials + (z / (2 * trials)) ** 2) ** 0.5
    scale = 1 + z**2 / trials
    # At 0 and at 1 the ends are exact; rounding would put them just beside.
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == trials else (centre + half) / scale
    return Interval(low, high)


def bootstrap(
    statistics: Callable[[Floats], Floats], rows: Floats, confidence: float = 0.95, seed: int = 0
) -> list[Interval]:
    """Return percentile intervals of statistics that are functions of means over rows.

    Args:
        statistics: Takes means of shape `(resamples, columns)` and returns the statistics, of
            shape `(resamples, statistics)`; NaN where one is not defined.
        rows: What is averaged, of shape `(rows, columns)`.
        confidence: Confidence level, in (0, 1).
        seed: Seed of the resamples.

    Returns:
        An interval for each statistic; NaN where it is not defined in any resample, or where
        there are fewer than two rows.

    Source:
        Efron, "Bootstrap methods: another look at the jackknife", 1979.
    """
    generator = np.random.default_rng(seed)
    block = max(1, _BLOCK // len(rows))
    means = []
    for start in range(0, RESAMPLES, block):
        size = min(block, RESAMPLES - start), len(rows)
        drawn = generator.integers(len(rows), size=size)
        means.append(np.stack([column[drawn].mean(axis=1) for column in rows.T], axis=1))
    values = statistics(np.concatenate(means))
    if len(rows) < 2:
        return [Interval(np.nan, np.nan)] * values.shape[1]
    return [_percentiles(column, confidence) for column in values.T]


def _percentiles(values: Floats, confidence: float) -> Interval:
    defined = values[np.isfinite(values)]
    if not defined.size:
        return Interval(np.nan, np.nan)
    low, high = np.quantile(defined, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high))

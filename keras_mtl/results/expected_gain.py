"""What twice the labels would bring, from the curve of scores by number of labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from keras_mtl.results.crossed_noise import Floats
from keras_mtl.results.noise_of_runs import noise_of_sum
from keras_mtl.results.run_groups import RunGroups

POINTS = 3
"""How many of the largest numbers of labels are looked at."""
CURVE_ERROR = 0.4
"""Standard deviation of the true gain around the one of the curve, as a fraction of the gain."""


@dataclass(frozen=True)
class ExpectedGain:
    """How much better a strategy would be with twice the most labels measured.

    Attributes:
        strategy: Name of the strategy.
        labels: Twice the largest number of labels.
        mean: The gain to expect.
        low: Lower end of the range that holds 9 of 10 true gains (`benchmarks/expected_gain.py`).
        high: Upper end.
    """

    strategy: str
    labels: int
    mean: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the gain is beyond the noise."""
        return self.low > 0


def expected_gain(
    groups: RunGroups, strategy: str, highest: float | None, folds: int | None
) -> ExpectedGain | None:
    """Return what twice the labels would bring; None if the runs do not tell.

    What a perfect score has more than a score is taken for a power of the number of labels, and
    the score for a linear function of its logarithm where a perfect score is not known.

    Args:
        groups: The runs.
        strategy: Name of the strategy.
        highest: The score of perfect predictions; None if it is not known.
        folds: Number of folds; None if the scores are not of cross-validations.

    Source:
        Hestness et al., "Deep learning scaling is predictable, empirically", 2017.
    """
    counts = [count for count in groups.labels if groups.scored(strategy, count)][-POINTS:]
    measured = [groups.scored(strategy, count) for count in counts]
    seeds = sorted(set.intersection(*map(set, measured))) if counts else []
    if len(counts) < 2 or len(seeds) < 2 or counts[-1] != groups.labels[-1]:
        return None
    runs = [[by_seed[seed] for by_seed in measured] for seed in seeds]
    means = np.array([[run.score for run in seed] for seed in runs]).mean(axis=0)
    gain, weights = _gain(np.log2(counts), means, highest)
    noise = noise_of_sum(runs, weights, folds)
    if noise is None:
        return None
    by_noise = float(stats.t.ppf(0.975, noise.degrees)) * noise.error
    reach = float(np.hypot(by_noise, stats.norm.ppf(0.975) * CURVE_ERROR * gain))
    most = np.inf if highest is None else highest - means[-1]
    low, mean, high = (float(min(one, most)) for one in (gain - reach, gain, gain + reach))
    return ExpectedGain(strategy, 2 * counts[-1], mean, low, high)


def _gain(doublings: Floats, means: Floats, highest: float | None) -> tuple[float, Floats]:
    """Return the gain of one more doubling, and its derivatives with respect to the means."""
    centred = doublings - doublings.mean()
    slopes = centred / (centred**2).sum()
    if highest is None or (means >= highest).any():
        return float(slopes @ means), slopes
    missing = highest - means
    factor = np.exp(slopes @ np.log(missing))
    derivatives = missing[-1] * factor * slopes / missing
    derivatives[-1] -= 1 - factor
    return float(missing[-1] * (1 - factor)), derivatives

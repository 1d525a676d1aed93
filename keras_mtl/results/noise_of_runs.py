"""The noise of a sum of scores, such as a difference, over seeds and test rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.results.crossed_noise import (
    Floats,
    Noise,
    cross_validated_noise,
    crossed_noise,
    mean_squares,
)
from keras_mtl.results.run import Run

ROUNDING = 1e-9
"""Standard errors below this fraction of the scores are rounding."""


def noise_of_sum(
    runs: Sequence[Sequence[Run]], weights: ArrayLike, folds: int | None
) -> Noise | None:
    """Return the noise of the mean over seeds of weighted sums of scores.

    Args:
        runs: For each seed the runs whose scores are added.
        weights: A weight for each of them.
        folds: Number of folds; None if the scores are not of cross-validations.

    Returns:
        The noise; None with fewer than two seeds, if nothing varies, and for cross-validations
        whose scores have no parts by row: they share their rows, so they vary too little.
    """
    if len(runs) < 2 or (folds is not None and not shared_rows(runs)):
        return None
    squares = mean_squares(_sums(runs, np.asarray(weights, dtype=float)))
    noise = crossed_noise(squares) if folds is None else cross_validated_noise(squares, folds)
    size = max(abs(run.score) for seed in runs for run in seed)
    return noise if noise.error > ROUNDING * size else None


def shared_rows(runs: Sequence[Sequence[Run]]) -> int:
    """Return the number of rows that all scores are means over; 0 if there is no such number."""
    gains = [run.gains for seed in runs for run in seed]
    shapes = {None if one is None else one.shape for one in gains}
    first = gains[0] if len(shapes) == 1 else None
    return 0 if first is None or first.size < 2 else first.size


def _sums(runs: Sequence[Sequence[Run]], weights: Floats) -> Floats:
    """Return sums of shape `(seeds, rows)`, with a single row if the scores have no parts."""
    if not shared_rows(runs):
        scores = np.array([[run.score for run in seed] for seed in runs])
        return (scores @ weights)[:, None]
    gains = np.array([[run.gains for run in seed] for seed in runs], dtype=float)
    sums = np.einsum("sir,i->sr", gains, weights)
    are_right_or_wrong = ((gains == 0) | (gains == 1)).all()
    return _with_one_row_each_way(sums, weights) if are_right_or_wrong else sums


def _with_one_row_each_way(sums: Floats, weights: Floats) -> Floats:
    """Add a row that is right only where it adds, and one that is right only where it subtracts.

    A few rows on which two classifiers differ are no normal sample: if all of them are in favour
    of one, the spread is too small, and without any it is zero (Agresti and Min, "Simple improved
    confidence intervals for comparing matched proportions", 2005).
    """
    ends = [weights[weights > 0].sum(), weights[weights < 0].sum()]
    return np.concatenate([sums, np.tile(ends, (len(sums), 1))], axis=1)

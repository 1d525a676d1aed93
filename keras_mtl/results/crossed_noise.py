"""The noise of a mean over seeds and test rows, which cross: every seed is judged on all rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Noise:
    """The uncertainty of a mean difference.

    Attributes:
        mean: The estimate that the standard error belongs to.
        error: Standard error of the mean.
        degrees: Degrees of freedom of the standard error.
    """

    mean: float
    error: float
    degrees: float


@dataclass(frozen=True)
class MeanSquares:
    """The analysis of variance of a matrix of differences: seeds by test rows.

    Attributes:
        mean: Mean of all differences.
        seeds: Mean square of the seeds.
        rows: Mean square of the rows; 0 where there is a single row.
        residual: Mean square of what seeds and rows together do not explain.
        shape: Number of seeds, and number of rows.
    """

    mean: float
    seeds: float
    rows: float
    residual: float
    shape: tuple[int, int]


def mean_squares(differences: Floats) -> MeanSquares:
    """Return the mean squares of differences of shape `(seeds, rows)`, with two seeds at least."""
    seeds, rows = differences.shape
    by_seed, by_row = differences.mean(axis=1), differences.mean(axis=0)
    mean = float(by_seed.mean())
    of_seeds = rows * float(((by_seed - mean) ** 2).sum())
    of_rows = seeds * float(((by_row - mean) ** 2).sum())
    rest = float(((differences - mean) ** 2).sum()) - of_seeds - of_rows
    several = max(rows - 1, 1)
    return MeanSquares(
        mean,
        seeds=of_seeds / (seeds - 1),
        rows=of_rows / several,
        residual=max(rest, 0.0) / ((seeds - 1) * several) if rows > 1 else 0.0,
        shape=(seeds, rows),
    )


def crossed_noise(squares: MeanSquares) -> Noise:
    """Return the noise of the mean where seeds and rows are both drawn at random.

    The variance is (seeds + rows - residual) / (number of seeds x number of rows), the degrees of
    freedom are those of Satterthwaite. The mean squares of seeds and of rows count as the residual
    one where they are smaller, as their expectations are not. A single row is taken for the score
    itself, whose noise is that of the seeds.

    Source:
        Dorfman, Berbaum and Metz, "Receiver operating characteristic rating analysis", 1992;
        Hillis, "A comparison of denominator degrees of freedom methods for multiple observer ROC
        analysis", 2007; Satterthwaite, "An approximate distribution of estimates of variance
        components", 1946.
    """
    seeds, rows = squares.shape
    of_seeds, of_rows = (max(one, squares.residual) for one in (squares.seeds, squares.rows))
    total = of_seeds + of_rows - squares.residual
    uncertainty = of_seeds**2 / (seeds - 1) + of_rows**2 / max(rows - 1, 1)
    degrees = total**2 / uncertainty if uncertainty else np.inf
    return Noise(squares.mean, float(np.sqrt(total / (seeds * rows))), float(degrees))


def cross_validated_noise(squares: MeanSquares, folds: int) -> Noise:
    """Return the noise of the mean of repeated cross-validations, each with a seed of its own.

    The repetitions share their rows, and the folds of one share training rows, so the variance of
    the mean of `S` repetitions is that of a single one, times `1 / S + folds / (folds - 1)`.

    Source:
        Nadeau and Bengio, "Inference for the generalization error", 2003; for repetitions:
        Bouckaert and Frank, "Evaluating the replicability of significance tests for comparing
        learning algorithms", 2004.
    """
    seeds, rows = squares.shape
    # The sum over all rows and seeds, but for the differences between the means of the seeds.
    within = (squares.rows + (seeds - 1) * squares.residual) / seeds
    between = max(squares.seeds - squares.residual, 0.0) / rows
    variance = (within / rows + between) * (1 / seeds + folds / (folds - 1))
    return Noise(squares.mean, float(np.sqrt(variance)), folds * seeds - 1)

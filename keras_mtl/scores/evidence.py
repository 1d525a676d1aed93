"""The maximum evidence of a Bayesian linear model, over both its precisions."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keras_mtl.scores.spectrum import Floats, spectrum

Indices = NDArray[np.intp]

GRID_STEP = 0.5  # in log(alpha / beta); the evidence, analytic there, has no finer ripples
MARGIN = 1e-10  # how far beyond the spectrum the search goes, and the error that this leaves
HALVINGS = 24


def maximum_evidence(features: Floats, targets: Floats) -> Floats:
    """Maximise `log N(y; 0, I / beta + F F^T / alpha)` over `alpha` and `beta`.

    With `beta` at its optimum for a given ratio `alpha / beta`, only the ratio is left. The
    evidence can have several peaks over it, so every peak of a grid is refined.

    Args:
        features: Finite floats `F` of shape `(samples, width)`.
        targets: Finite floats of shape `(samples, targets)`; one model for each column `y`, none
            of which is zero throughout.

    Returns:
        The maxima divided by the number of samples, of shape `(targets,)`; `inf` for a column in
        the span of features whose rank is lower than the number of samples.
    """
    problem = _pose(features, targets)
    unbounded = (problem.residual == 0) & (len(problem.variances) < len(features))
    return np.where(unbounded, np.inf, _search(problem))


class _Problem(NamedTuple):
    """All that the evidence depends on, in the features' principal directions."""

    variances: Floats  # (rank,): of the features, relative to the largest one
    energies: Floats  # (targets, rank): squared coordinates of the targets
    residual: Floats  # (targets,): squared norm of the targets outside the features' span
    samples: int


def _pose(features: Floats, targets: Floats) -> _Problem:
    scales, energies, residual = spectrum(features, targets)
    return _Problem((scales / scales[:1]) ** 2, energies, residual, len(features))


def _search(problem: _Problem) -> Floats:
    """Return the highest refined peak of each target."""
    grid = _grid(problem)
    noise = _noise_share(grid, problem.variances)
    misfits = problem.energies @ noise + problem.residual[:, None]
    targets, points = _peaks(_evidence(noise, misfits, problem.samples))
    tops = _climb(grid[points], problem, targets)
    noise = _noise_share(tops, problem.variances)
    misfits = _misfits(noise, problem, targets)
    maxima = np.full(len(problem.residual), -np.inf)
    np.maximum.at(maxima, targets, _evidence(noise, misfits, problem.samples))
    return maxima


def _grid(problem: _Problem) -> Floats:
    """Return log ratios between two bounds: below rises the evidence, above it is flat."""
    share = problem.residual / (problem.energies.sum(axis=1) + problem.residual)
    below = np.where(share > 0, share / (2 * problem.samples), MARGIN).min()
    start = np.log(problem.variances.min(initial=1.0)) + np.log(below)
    return np.arange(start, -np.log(MARGIN) + GRID_STEP, GRID_STEP)


def _noise_share(log_ratios: Floats, variances: Floats) -> Floats:
    """Return how much of each direction's variance is noise, of shape `(rank, points)`."""
    ratios = np.exp(log_ratios)
    return ratios / (ratios + variances[:, None])


def _misfits(noise: Floats, problem: _Problem, targets: Indices) -> Floats:
    """Return the squared norms that the noise must explain, a target for each point."""
    return np.einsum("pr,rp->p", problem.energies[targets], noise) + problem.residual[targets]


def _evidence(noise: Floats, misfits: Floats, samples: int) -> Floats:
    """Return the evidence per sample at the best `beta`, in the shape of `misfits`."""
    fit = np.log(2 * np.pi * misfits / samples) + 1
    return 0.5 * (np.log(noise).sum(axis=0) / samples - fit)


def _peaks(heights: Floats) -> tuple[Indices, Indices]:
    """Return the target and the grid point of every local maximum."""
    padded = np.pad(heights, ((0, 0), (1, 1)), constant_values=-np.inf)
    targets, points = np.nonzero((heights > padded[:, :-2]) & (heights >= padded[:, 2:]))
    return targets, points


def _climb(log_ratios: Floats, problem: _Problem, targets: Indices) -> Floats:
    """Bisect on the sign of the slope, from one grid step around each peak."""
    tops, step = log_ratios, GRID_STEP
    for _ in range(HALVINGS):
        step /= 2
        tops = tops + step * np.sign(_slope(tops, problem, targets))
    return tops


def _slope(log_ratios: Floats, problem: _Problem, targets: Indices) -> Floats:
    noise = _noise_share(log_ratios, problem.variances)
    signal = problem.variances[:, None] / (np.exp(log_ratios) + problem.variances[:, None])
    pull = np.einsum("pr,rp->p", problem.energies[targets], noise * signal)
    return signal.sum(axis=0) / problem.samples - pull / _misfits(noise, problem, targets)

"""How the targets lie in the features' principal directions: one SVD, shared by the scores."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Spectrum(NamedTuple):
    """The features' principal directions that are not null, and the targets seen in them."""

    scales: Floats  # (rank,): singular values of the features, the largest first
    energies: Floats  # (targets, rank): squared coordinates of the targets
    residual: Floats  # (targets,): squared norm of the targets outside the features' span


def spectrum(features: Floats, targets: Floats) -> Spectrum:
    """Decompose `(samples, width)` features together with `(samples, targets)` targets.

    A QR factorisation, whose Q is never formed, leaves a square matrix of the smaller side for
    the SVD. Directions and residuals that are rounding errors become exactly zero.
    """
    samples, width = features.shape
    tolerance = max(features.shape) * np.finfo(float).eps
    if width > samples:  # only F F^T matters here, and F^T = Q R gives it as R^T R
        features, width = _triangle(features.T).T, samples
    triangle = _triangle(np.hstack([features, targets]))
    directions, scales, _ = np.linalg.svd(triangle[:width, :width])
    energies = (triangle[:width, width:].T @ directions) ** 2
    kept = scales > tolerance * scales[0]
    residual = (triangle[width:, width:] ** 2).sum(axis=0) + energies[:, ~kept].sum(axis=1)
    residual[residual <= tolerance**2 * (targets**2).sum(axis=0)] = 0
    return Spectrum(scales[kept], energies[:, kept], residual)


def _triangle(matrix: Floats) -> Floats:
    return np.asarray(np.linalg.qr(matrix, mode="r"))

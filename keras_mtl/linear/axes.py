"""The rows of a matrix in its principal directions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keras_mtl.common.blas_threads import one_blas_thread
from keras_mtl.scores.spectrum import Floats


class Axes(NamedTuple):
    """A matrix as coordinates in the principal directions of its columns.

    Attributes:
        coordinates: Of shape `(samples, rank)`.
        variances: The squared norms of the columns of `coordinates`, of shape `(rank,)`.
        directions: The directions, orthonormal columns of shape `(width, rank)`.
    """

    coordinates: Floats
    variances: Floats
    directions: Floats


def principal_axes(matrix: Floats) -> Axes:
    """Return the principal axes, from the smaller of the two Gram matrices.

    Directions of which nothing but rounding errors is left are left out.
    """
    samples, width = matrix.shape
    with one_blas_thread():
        if width <= samples:
            values, directions = np.linalg.eigh(matrix.T @ matrix)
            kept = _above_noise(values, matrix.shape)
            directions = directions[:, kept]
            return Axes(matrix @ directions, values[kept], directions)
        values, rows = np.linalg.eigh(matrix @ matrix.T)
        kept = _above_noise(values, matrix.shape)
        scales = np.sqrt(values[kept])
        return Axes(rows[:, kept] * scales, values[kept], matrix.T @ (rows[:, kept] / scales))


def _above_noise(values: Floats, shape: tuple[int, int]) -> np.ndarray:
    return values > max(shape) * np.finfo(float).eps * values.max(initial=0.0)

"""Small systems of linear equations, in operations that every backend compiles."""

from __future__ import annotations

import numpy as np
from keras import ops

from keras_mtl.balancing.balancer import Tensor


def solved(matrix: Tensor, right: Tensor) -> Tensor:
    """Return the solution of `matrix @ solution = right` by Gauss-Jordan elimination.

    There is no pivoting, which a positive definite matrix does not need. The solvers of the
    backends raise an error, or wait for the device, where a matrix is singular or has a NaN.

    Args:
        matrix: Positive definite matrices, float `(..., n, n)`.
        right: Right-hand sides, float `(..., n, m)`.

    Returns:
        Float `(..., n, m)`.
    """
    size = matrix.shape[-1]
    both = ops.concatenate([matrix, right], axis=-1)
    for column in range(size):
        row = both[..., column : column + 1, :] / both[..., column : column + 1, column, None]
        own_row = ops.convert_to_tensor(np.eye(size)[:, column : column + 1], both.dtype)
        both = both - (both[..., column : column + 1] - own_row) * row
    return both[..., size:]

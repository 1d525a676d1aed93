"""The minimum of a convex quadratic function over non-negative numbers."""

from __future__ import annotations

import numpy as np
from keras import ops

from keras_mtl.balancing.balancer import Tensor
from keras_mtl.balancing.linear_systems import solved
from keras_mtl.balancing.same_type import larger, matrix_product, smaller

TOLERANCE = {"float32": 1e-6, "float64": 1e-12}
"""How far below zero rounding leads what is zero, for numbers of about 1."""
REGULARISATION = {"float32": 3e-6, "float64": 1e-12}
"""Added to the diagonal: vectors that depend on each other have no unique multiples."""
PATIENCE = 3
"""Exchanges of all candidates at once without progress, before they are exchanged one by one."""


def nonnegative_minimum(matrix: Tensor, linear: Tensor, positive: Tensor | None = None) -> Tensor:
    """Return the `x >= 0` at which `x @ matrix @ x / 2 + linear @ x` is smallest.

    The method finds which numbers are positive, and these solve a linear system, so it is exact but
    for the regularisation, see `refined`. The loop has as many iterations as exchanges are needed,
    mostly fewer than five.

    Args:
        matrix: Gram matrices with a diagonal of about 1, float `(..., 1, n, n)` or
            `(..., k, n, n)`; they may be singular.
        linear: Float `(..., k, n)`.
        positive: Which numbers are positive, as a guess that saves exchanges, booleans
            `(..., k, n)`; by default those whose slope at zero is negative.

    Returns:
        Float `(..., k, n)`.

    Source:
        Block principal pivoting: Judice and Pires, 1994; Kim and Park, 2011.
    """
    size = linear.shape[-1]
    regular = _regularised(matrix)
    tolerance = TOLERANCE[ops.dtype(linear)]
    scale = ops.max(ops.abs(linear), axis=-1, keepdims=True)
    linear = linear / ops.where(scale > 0, scale, ops.ones_like(scale))
    places = ops.convert_to_tensor(np.arange(size, dtype="int32"))

    def candidates(positive: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x = solved_among(regular, -linear, positive)
        slope = _times(regular, x) + linear
        wrong = (positive & (x < -tolerance)) | (~positive & (slope < -tolerance))
        return x, wrong, ops.sum(ops.cast(wrong, "int32"), axis=-1, keepdims=True)

    def unfinished(positive: Tensor, x: Tensor, wrong: Tensor, *counts: Tensor) -> Tensor:
        del positive, x, counts
        return ops.any(wrong)

    def exchanged(
        positive: Tensor, x: Tensor, wrong: Tensor, count: Tensor, fewest: Tensor, left: Tensor
    ) -> tuple[Tensor, ...]:
        del x
        left = ops.where(count < fewest, PATIENCE, left - 1)
        fewest = smaller(count, fewest)
        last = ops.max(ops.where(wrong, places, -1), axis=-1, keepdims=True)
        moved = wrong & ((left >= 0) | (places == last))
        positive = ops.logical_xor(positive, moved)
        return positive, *candidates(positive), fewest, left

    positive = linear < 0 if positive is None else positive
    x, wrong, count = candidates(positive)
    start = (positive, x, wrong, count, count + 1, ops.full_like(count, PATIENCE))
    _, x, *_ = ops.while_loop(unfinished, exchanged, start, maximum_iterations=5 * size + 10)
    return larger(x, 0) * scale


def refined(x: Tensor, matrix: Tensor, linear: Tensor) -> Tensor:
    """Return a minimum with less of what the regularisation has changed.

    This is a step of the proximal point method, among the numbers that are positive.

    Args:
        x: What `nonnegative_minimum` gives, float `(..., k, n)`.
        matrix: As there.
        linear: As there.
    """
    slope = _times(matrix, x) + linear
    return larger(x - solved_among(_regularised(matrix), slope, x > 0), 0)


def solved_among(matrix: Tensor, right: Tensor, chosen: Tensor) -> Tensor:
    """Return the solution of the equations of chosen numbers, 0 for the others.

    Args:
        matrix: Float `(..., n, n)`.
        right: Float `(..., n)`.
        chosen: Which numbers are not zero, booleans `(..., n)`.
    """
    eye = ops.eye(right.shape[-1], dtype=right.dtype)
    both = chosen[..., :, None] & chosen[..., None, :]
    inside = ops.where(chosen, right, ops.zeros_like(right))
    # Not the inverse times the right-hand side, which has a large residual where the matrix is
    # nearly singular.
    return ops.squeeze(solved(ops.where(both, matrix, eye), inside[..., None]), -1)


def _regularised(matrix: Tensor) -> Tensor:
    eye = ops.eye(matrix.shape[-1], dtype=matrix.dtype)
    return matrix + REGULARISATION[ops.dtype(matrix)] * eye


def _times(matrix: Tensor, vector: Tensor) -> Tensor:
    return ops.squeeze(matrix_product(matrix, vector[..., None]), -1)

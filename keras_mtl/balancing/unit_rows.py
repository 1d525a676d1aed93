"""Gradients by their norms and the cosines between them, so that no scale is lost in rounding."""

from __future__ import annotations

from typing import NamedTuple

from keras import ops

from keras_mtl.balancing.balancer import Tensor
from keras_mtl.balancing.same_type import matrix_product

ROUNDED_OFF = {"float32": 2e-3, "float64": 1e-7}
"""The part of the weighted gradients below which their sum is nothing but rounding: its square is
computed, so these are several times the square root of a unit of rounding."""


class UnitRows(NamedTuple):
    """The gradients of tasks, divided by their norms.

    Attributes:
        norms: The norms, 1 for tasks that take no part, float `(..., tasks)`.
        cosines: The cosines of the angles between the gradients, 0 between tasks that take no part
            and others, 1 on the diagonal, float `(..., tasks, tasks)`.
    """

    norms: Tensor
    cosines: Tensor


def unit_rows(gramian: Tensor, present: Tensor) -> UnitRows:
    """Return norms and cosines from a Gram matrix.

    Args:
        gramian: Float `(..., tasks, tasks)`.
        present: Which tasks take part, booleans `(..., tasks)`.
    """
    squares = ops.diagonal(gramian, axis1=-2, axis2=-1)
    norms = ops.sqrt(ops.where(present, squares, ops.ones_like(squares)))
    # Divided by one after the other: the product of two small norms may be too small for a float.
    cosines = gramian / norms[..., :, None] / norms[..., None, :]
    eye = ops.eye(gramian.shape[-1], dtype=gramian.dtype)
    return UnitRows(norms, cosines * (1 - eye) + eye)


def cancels(coefficients: Tensor, cosines: Tensor) -> Tensor:
    """Return whether a combination of unit gradients is zero but for rounding.

    Args:
        coefficients: Float `(..., k, tasks)`.
        cosines: Cosines between the gradients, float `(..., tasks, tasks)`.

    Returns:
        Booleans `(..., k, 1)`.
    """
    top = ops.max(ops.abs(coefficients), axis=-1, keepdims=True)
    parts = coefficients / ops.where(top > 0, top, ops.ones_like(top))
    square = ops.sum(parts * matrix_product(parts, cosines), axis=-1, keepdims=True)
    total = ops.sum(ops.abs(parts), axis=-1, keepdims=True) * ROUNDED_OFF[ops.dtype(cosines)]
    return square <= total * total


def meaningful(weights: Tensor, rows: UnitRows) -> Tensor:
    """Return the weights; zeros where the weighted gradients cancel but for rounding.

    Args:
        weights: Float `(..., tasks)`.
        rows: The norms and cosines of the gradients.
    """
    nothing = cancels((weights * rows.norms)[..., None, :], rows.cosines)[..., 0, :]
    return ops.where(nothing, ops.zeros_like(weights), weights)

"""Projections of gradients on the cone of updates that conflict with no gradient."""

from __future__ import annotations

from keras import ops

from keras_mtl.balancing.balancer import Tensor
from keras_mtl.balancing.nonnegative_minimum import nonnegative_minimum, refined
from keras_mtl.balancing.same_type import matrix_product
from keras_mtl.balancing.unit_rows import cancels


def projected(combined: Tensor, cosines: Tensor) -> Tensor:
    """Return combinations of unit gradients, projected on the dual cone.

    The dual cone holds the vectors whose scalar products with all gradients are at least zero. The
    projection adds non-negative multiples of gradients.

    Args:
        combined: Coefficients of unit gradients, float `(..., k, tasks)`.
        cosines: Cosines between the gradients, float `(..., tasks, tasks)`.

    Returns:
        Coefficients of unit gradients, float `(..., k, tasks)`; zeros where the projection is zero
        but for rounding.
    """
    matrix, linear = cosines[..., None, :, :], matrix_product(combined, cosines)
    added = nonnegative_minimum(matrix, linear)
    # Before it is refined: where gradients depend on each other, that can bring rounding back.
    nothing = cancels(combined + added, cosines)
    found = combined + refined(added, matrix, linear)
    return ops.where(nothing, ops.zeros_like(found), found)

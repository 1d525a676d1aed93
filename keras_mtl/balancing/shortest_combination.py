"""The shortest vector among the averages of some vectors."""

from __future__ import annotations

from keras import ops

from keras_mtl.balancing.balancer import Tensor
from keras_mtl.balancing.nonnegative_minimum import nonnegative_minimum
from keras_mtl.balancing.same_type import larger

SMALLEST_NORM = {"float32": 1e-15, "float64": 1e-150}


def shortest_combination(gramian: Tensor, present: Tensor, guess: Tensor) -> Tensor:
    """Return the weights of the shortest weighted average of vectors, by their Gram matrix.

    Args:
        gramian: Float `(..., n, n)`; the scales of the vectors may differ.
        present: Which vectors take part, booleans `(..., n)`, at least one.
        guess: Those of which that may have a positive weight, booleans `(..., n)`. A good guess
            saves time.

    Returns:
        Float `(..., n)`, at least 0, with the sum 1.

    Source:
        The weights are those of the minimum of `|average|^2 + (1 - sum)^2`, divided by their sum
        (Wolfe, 1976).
    """
    norms = ops.sqrt(larger(ops.diagonal(gramian, axis1=-2, axis2=-1), 0))
    longest = ops.max(norms, axis=-1, keepdims=True)
    norms = larger(norms, larger(longest * 1e-12, SMALLEST_NORM[ops.dtype(norms)]))
    norms = ops.where(present, norms, longest + 1)
    ratio = ops.min(norms, axis=-1, keepdims=True) / norms
    ratio = ops.where(present, ratio, ops.zeros_like(ratio))
    both = present[..., :, None] & present[..., None, :]
    eye = ops.eye(norms.shape[-1], dtype=norms.dtype)
    unit = ops.where(both, gramian / norms[..., :, None] / norms[..., None, :], eye)
    matrix = unit + ratio[..., :, None] * ratio[..., None, :]
    linear = ops.where(present, -ratio, ops.ones_like(ratio))
    found = nonnegative_minimum(matrix[..., None, :, :], linear[..., None, :], guess[..., None, :])
    found = found[..., 0, :] / norms
    return found / ops.sum(found, axis=-1, keepdims=True)

"""Operations that leave float64 as it is on every backend.

Keras 3.15 on torch gives float32 for the float64 that `ops.maximum`, `ops.minimum` and `ops.matmul`
get. To be replaced by these with a Keras that does not.
"""

from __future__ import annotations

from keras import ops

from keras_mtl.balancing.balancer import Tensor


def larger(first: Tensor, second: Tensor) -> Tensor:
    """Return the larger numbers, by place."""
    return ops.where(first > second, first, second)


def smaller(first: Tensor, second: Tensor) -> Tensor:
    """Return the smaller numbers, by place."""
    return ops.where(first < second, first, second)


def matrix_product(first: Tensor, second: Tensor) -> Tensor:
    """Return the product of matrices."""
    return first @ second

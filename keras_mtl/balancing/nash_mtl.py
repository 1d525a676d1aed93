"""The step on which tasks agree as in a bargaining game."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.balancer import Tensor
from keras_mtl.balancing.fair_weights import fair_lengths
from keras_mtl.balancing.gradient_balancer import GradientBalancer
from keras_mtl.balancing.same_type import larger, matrix_product, smaller
from keras_mtl.balancing.unit_rows import meaningful, unit_rows
from keras_mtl.common.arguments import positive_number


@keras.saving.register_keras_serializable("keras_mtl")
class NashMTL(GradientBalancer):
    """Take the step that maximises the product of the tasks' gains: Nash's bargaining solution.

    Use it where losses have different scales and all tasks count the same: a task that is
    multiplied by a number does not change the direction of the update.

    Guarantees: the update has a positive scalar product with each gradient, unless the gradients
    depend on each other. No other update of the same length can have a larger product of these
    scalar products. Its length is at most `max_norm`, which is mostly reached, so lower the
    learning rate where training is to end.

    Args:
        max_norm: The largest length of the update, positive; 1 by default, as in the paper.

    Raises:
        ValueError: `max_norm` is not a positive number.

    Source:
        Navon et al., "Multi-Task Learning as a Bargaining Game", 2022. The equations
        `G w = 1 / w` are solved exactly at each step, not approximated and kept for some steps.

    Example:
        >>> import keras_mtl
        >>> update = keras_mtl.balancing.NashMTL().combine([[100.0, 0.0], [0.0, 1.0]])
        >>> [round(float(one), 3) for one in update]
        [0.707, 0.707]
    """

    def __init__(self, max_norm: float = 1.0) -> None:
        self.max_norm = positive_number("max_norm", max_norm)

    def weights(self, gramian: Tensor, losses: Tensor, present: Tensor) -> Tensor:
        """Return the weights of Nash's bargaining solution."""
        del losses
        rows = unit_rows(gramian, present)
        lengths = fair_lengths(rows, 1.0) * ops.cast(present, gramian.dtype)
        product = matrix_product(rows.cosines, lengths[..., None])[..., 0]
        length = ops.sqrt(larger(ops.sum(lengths * product, axis=-1, keepdims=True), 0))
        # As in the paper's program the Gram matrix is divided by its norm before, which makes the
        # update as long as the gradients, up to `max_norm`.
        top = ops.max(ops.abs(gramian), axis=(-2, -1))[..., None]
        top = ops.where(top > 0, top, ops.ones_like(top))
        relative = gramian / top[..., None]
        scale = ops.sqrt(top) * ops.sum(relative**2, axis=(-2, -1))[..., None] ** 0.25
        longest = self.max_norm / ops.where(length > 0, length, ops.ones_like(length))
        return meaningful(smaller(scale, longest) * lengths / rows.norms, rows)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"max_norm": self.max_norm}

"""The update near the mean gradient that helps the worst task most."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.balancer import Tensor
from keras_mtl.balancing.conflict_averse import conflict_averse_addition
from keras_mtl.balancing.gradient_balancer import GradientBalancer
from keras_mtl.balancing.same_type import larger
from keras_mtl.balancing.unit_rows import meaningful, unit_rows
from keras_mtl.common.arguments import number


@keras.saving.register_keras_serializable("keras_mtl")
class CAGrad(GradientBalancer):
    """Take the update near the mean gradient whose smallest gain of a task is largest.

    Use it to move from the mean gradient (`c=0`) towards the task that gains least, with one number
    to tune.

    Guarantees: the update differs from the mean of the gradients by `c` times the length of the
    mean at most, and no other such update has a larger smallest scalar product with a gradient. For
    `c < 1` training converges to a minimum of the mean loss. The update may conflict with a task.
    Where no update lowers all losses, it is the mean's projection as in `DualProj`, if that is
    near enough.

    Args:
        c: The distance to the mean gradient, in lengths of it, at least 0; 0.5 by default.

    Raises:
        ValueError: `c` is negative or no number.

    Source:
        Liu et al., "Conflict-Averse Gradient Descent for Multi-Task Learning", 2021, without the
        rescaling of their program.

    Example:
        >>> import keras_mtl
        >>> update = keras_mtl.balancing.CAGrad().combine([[3.0, 0.0], [0.0, 1.0]])
        >>> [round(float(one), 3) for one in update]
        [1.5, 1.291]
    """

    def __init__(self, c: float = 0.5) -> None:
        self.c = number("c", c)

    def weights(self, gramian: Tensor, losses: Tensor, present: Tensor) -> Tensor:
        """Return the weights of the mean plus those of the worst-case average."""
        del losses
        rows = unit_rows(gramian, present)
        taking_part = ops.cast(present, gramian.dtype)
        top = ops.max(taking_part * rows.norms, axis=-1, keepdims=True)
        top = ops.where(top > 0, top, ops.ones_like(top))
        relative = gramian / top[..., None] / top[..., None]
        mean = taking_part / larger(ops.sum(taking_part, axis=-1, keepdims=True), 1)
        added = conflict_averse_addition(relative, rows, mean, present, self.c)
        return meaningful(mean + ops.where(present, added, ops.zeros_like(added)), rows)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"c": self.c}

"""The step that shares its gain fairly among tasks."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.balancer import Tensor
from keras_mtl.balancing.fair_weights import fair_lengths
from keras_mtl.balancing.gradient_balancer import GradientBalancer
from keras_mtl.balancing.unit_rows import UnitRows, meaningful, unit_rows
from keras_mtl.common.arguments import positive_number


@keras.saving.register_keras_serializable("keras_mtl")
class FairGrad(GradientBalancer):
    """Take the step that maximises the alpha-fair utility of the tasks' gains.

    Use it to choose between a large gain for all tasks together (small `alpha`) and a large gain of
    the task that gains least (large `alpha`).

    Guarantees: the update has a positive scalar product with each gradient, unless the gradients
    depend on each other: these products are `weights ** (-1 / alpha)`. The length of the update
    does not shrink with the gradients (`alpha=1`) or grows where they shrink (`alpha > 1`), so clip
    it, or use an optimizer that normalises, such as Adam.

    Args:
        alpha: The kind of fairness, positive; 1 by default, which is the direction of `NashMTL`.

    Raises:
        ValueError: `alpha` is not a positive number.

    Source:
        Ban and Ji, "Fair Resource Allocation in Multi-Task Learning", 2024.

    Example:
        >>> import keras_mtl
        >>> update = keras_mtl.balancing.FairGrad(alpha=2).combine([[1.0, 0.0], [0.0, 8.0]])
        >>> np.round(update, 4)
        array([1. , 0.5], dtype=float32)
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = positive_number("alpha", alpha)

    def weights(self, gramian: Tensor, losses: Tensor, present: Tensor) -> Tensor:
        """Return the weights whose gains are `weights ** (-1 / alpha)`."""
        del losses
        rows = unit_rows(gramian, present)
        power = 1 / self.alpha
        taking_part = ops.cast(present, gramian.dtype)
        top = ops.max(taking_part * rows.norms, axis=-1, keepdims=True)
        top = ops.where(top > 0, top, ops.ones_like(top))
        relative = ops.where(present, rows.norms / top, ops.ones_like(rows.norms))
        lengths = fair_lengths(UnitRows(relative, rows.cosines), power) * taking_part
        return meaningful(lengths / relative * top ** (-2 / (1 + power)), rows)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"alpha": self.alpha}

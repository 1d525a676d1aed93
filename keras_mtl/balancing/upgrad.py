"""Each gradient projected on the cone of updates without conflict."""

from __future__ import annotations

import keras
from keras import ops

from keras_mtl.balancing.balancer import Tensor
from keras_mtl.balancing.dual_cone import projected
from keras_mtl.balancing.gradient_balancer import GradientBalancer
from keras_mtl.balancing.same_type import larger
from keras_mtl.balancing.unit_rows import unit_rows


@keras.saving.register_keras_serializable("keras_mtl")
class UPGrad(GradientBalancer):
    """Project each gradient on the updates that conflict with no task, and take the mean.

    Use it where no task may get worse at any step. It is the exact form of `PCGrad`.

    Guarantees: the scalar product of the update with each gradient is at least 0, so a small enough
    step raises no task's loss on the batch, to first order. Without conflicts the update is the
    mean of the gradients, and each task counts in proportion to its gradient's length.

    Source:
        Quinton and Rey, "Jacobian Descent for Multi-Objective Optimization", 2024.

    Example:
        >>> import keras_mtl
        >>> update = keras_mtl.balancing.UPGrad().combine([[100.0, 0.0], [-1.0, 1.0]])
        >>> np.round(update, 3)
        array([25. , 25.5], dtype=float32)
    """

    def weights(self, gramian: Tensor, losses: Tensor, present: Tensor) -> Tensor:
        """Return the weights of the mean of the projected gradients."""
        del losses
        rows = unit_rows(gramian, present)
        eye = ops.eye(gramian.shape[-1], dtype=gramian.dtype)
        projections = projected(eye + ops.zeros_like(gramian), rows.cosines)
        taking_part = ops.cast(present, gramian.dtype)
        count = larger(ops.sum(taking_part, axis=-1, keepdims=True), 1)
        # The projection of each unit gradient, times its norm, in multiples of all gradients.
        lengths = (taking_part * rows.norms)[..., :, None] / rows.norms[..., None, :]
        return ops.sum(projections * lengths, axis=-2) / count

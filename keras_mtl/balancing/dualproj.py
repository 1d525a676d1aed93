"""The mean gradient projected on the cone of updates without conflict."""

from __future__ import annotations

import keras
from keras import ops

from keras_mtl.balancing.balancer import Tensor
from keras_mtl.balancing.dual_cone import projected
from keras_mtl.balancing.gradient_balancer import GradientBalancer
from keras_mtl.balancing.same_type import larger
from keras_mtl.balancing.unit_rows import unit_rows


@keras.saving.register_keras_serializable("keras_mtl")
class DualProj(GradientBalancer):
    """Project the mean gradient on the updates that conflict with no task.

    Use it where no task may get worse at any step, and the update is to differ from the mean
    gradient as little as possible; a task with long gradients decides more than under `UPGrad`.

    Guarantees: the scalar product of the update with each gradient is at least 0, and of all such
    updates it is the nearest to the mean of the gradients.

    Source:
        Lopez-Paz and Ranzato, "Gradient Episodic Memory for Continual Learning", 2017.

    Example:
        >>> import keras_mtl
        >>> update = keras_mtl.balancing.DualProj().combine([[100.0, 0.0], [-1.0, 1.0]])
        >>> np.round(update, 3)
        array([25., 25.], dtype=float32)
    """

    def weights(self, gramian: Tensor, losses: Tensor, present: Tensor) -> Tensor:
        """Return the weights of the projected mean."""
        del losses
        rows = unit_rows(gramian, present)
        taking_part = ops.cast(present, gramian.dtype)
        count = larger(ops.sum(taking_part, axis=-1, keepdims=True), 1)
        top = ops.max(taking_part * rows.norms, axis=-1, keepdims=True)
        relative = taking_part * rows.norms / ops.where(top > 0, top, ops.ones_like(top))
        projection = projected(relative[..., None, :], rows.cosines)[..., 0, :]
        return projection * top / rows.norms / count

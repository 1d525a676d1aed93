"""Helpers whose gradients oppose the main task's are left out."""

from __future__ import annotations

import keras
from keras import ops

from keras_mtl.balancing.balancer import Tensor
from keras_mtl.balancing.main_task import MainTaskBalancer


@keras.saving.register_keras_serializable("keras_mtl")
class GradientGate(MainTaskBalancer):
    """Leave out the gradient of each helper that opposes the main task's gradient.

    Use it for one task that counts and helpers of which you do not know whether they help. In a
    step a helper trains the trunk only if its gradient has an angle of at most 90 degrees with the
    main task's; heads train in any case. In a step whose batch has no label of the main task, no
    gradient is left out.

    Guarantees: the scalar product of the update and the main task's gradient is at least the square
    of that gradient, so a small enough step lowers the main task's loss on the batch by no less
    than the main task alone would to first order.

    Args:
        main: The name of the main task.

    Raises:
        ValueError: `main` is not a text.

    Source:
        The unweighted version of Du et al., "Adapting Auxiliary Losses Using Gradient Similarity",
        2018.

    Example:
        >>> import keras_mtl
        >>> gate = keras_mtl.balancing.GradientGate(main="hair").for_tasks(["hair", "sex", "age"])
        >>> gate.combine([[1.0, 0.0], [-1.0, 5.0], [2.0, 3.0]])  # `sex` opposes `hair`
        array([3., 3.], dtype=float32)
    """

    def weights(self, gramian: Tensor, losses: Tensor, present: Tensor) -> Tensor:
        """Return 1 for the main task and each helper that does not oppose it, 0 for the others."""
        del losses, present
        return ops.cast(gramian[..., self.position, :] >= 0, gramian.dtype)

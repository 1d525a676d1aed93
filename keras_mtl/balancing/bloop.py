"""Helpers whose gradients are projected off a running mean of the main task's gradient."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.balancer import Tensor
from keras_mtl.balancing.gradient_balancer import RunningMean
from keras_mtl.balancing.main_task import MainTaskBalancer
from keras_mtl.common.arguments import positive_number


@keras.saving.register_keras_serializable("keras_mtl")
class Bloop(MainTaskBalancer):
    """Project each helper's gradient off a running mean of the main task's gradient.

    Use it for one task that counts and helpers that choose among its good solutions, such as tasks
    on the same objects, when batches are small: the gradient of one batch is a noisy direction, and
    the mean of many is not. The mean is as large as the trunk. Set how much helpers count by their
    `loss_weights`.

    Guarantees: helpers do not move the trunk along the mean gradient of the main task, neither
    against it nor with it. In the first step there is no mean yet, and all gradients are added up.

    Args:
        main: The name of the main task.
        rate: The share of the newest gradient in the mean, in (0, 1]; 0.01 by default, about the
            mean of the last 100 steps.

    Raises:
        ValueError: `main` is not a text, or `rate` is not in (0, 1].

    Source:
        Hsieh et al., "Careful with that Scalpel: Improving Gradient Surgery with an EMA", 2024.

    Example:
        >>> import keras_mtl
        >>> bloop = keras_mtl.balancing.Bloop(main="hair").for_tasks(["hair", "sex"])
        >>> bloop.combine([[1.0, 0.0], [-1.0, 5.0]], mean=[2.0, 0.0])
        array([1., 5.], dtype=float32)
    """

    def __init__(self, main: str, rate: float = 0.01) -> None:
        super().__init__(main)
        self.rate = positive_number("rate", rate)
        if self.rate > 1:
            raise ValueError(f"`rate` is a number in (0, 1]. Received: {rate!r}.")

    @property
    def running_mean(self) -> RunningMean:
        """The mean of the main task's gradient."""
        return RunningMean(self.position, self.rate)

    def weights(self, gramian: Tensor, losses: Tensor, present: Tensor) -> Tensor:
        """Return 1 for each task, and for the mean what takes the helpers' parts along it away."""
        del losses
        tasks = len(self.tasks)
        along = gramian[..., tasks, :tasks]
        helpers = ops.convert_to_tensor([one != self.main for one in self.tasks])
        opposed = ops.sum(ops.where(helpers, along, ops.zeros_like(along)), axis=-1)
        square = ops.where(present[..., tasks], gramian[..., tasks, tasks], 1)
        return ops.concatenate(
            [ops.ones_like(along), -ops.expand_dims(opposed / square, -1)], axis=-1
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "rate": self.rate}

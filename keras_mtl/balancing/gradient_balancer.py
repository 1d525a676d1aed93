"""Balancers that see the Gram matrix of the tasks' gradients: one backward pass for each task."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, NamedTuple

import numpy as np
from keras import ops

from keras_mtl.balancing.balancer import Balancer, State, Tensor
from keras_mtl.balancing.first_step import first_step

SMALLEST_SQUARE = {"float32": 1e-36, "float64": 1e-300}
"""The squared norm at or below which a gradient is zero: its scalar products are rounded off."""


class RunningMean(NamedTuple):
    """Asks the training step to keep an exponential moving average of a task's trunk gradient.

    It begins with zeros, and after each step in which the task is present it becomes
    `(1 - rate) * mean + rate * gradient`. The Gram matrix has its row and column last: the mean
    before the step.

    Attributes:
        task: The position of the task.
        rate: The share of the newest gradient, in (0, 1].

    Example:
        >>> import keras_mtl
        >>> keras_mtl.balancing.Bloop(main="hair").for_tasks(["sex", "hair"]).running_mean
        RunningMean(task=1, rate=0.01)
    """

    task: int
    rate: float


class GradientBalancer(Balancer):
    """Weights of the tasks' gradients, from the Gram matrix of these gradients.

    The trunk's update is `sum(weights * gradients)`; each head is trained with its own gradient.
    The Gram matrix holds the scalar products of the gradients with respect to the trunk's
    variables. Subclass it for a rule of your own: one method, `weights`, written with `keras.ops`,
    because it is compiled into the training step, without `if` and `while` on values of tensors.
    A rule that keeps something from step to step overrides `initial_state` and `weights_and_state`.

    Example:
        >>> import keras, keras_mtl
        >>> class SameLength(keras_mtl.balancing.GradientBalancer):
        ...     def weights(self, gramian, losses, present):
        ...         squares = keras.ops.diagonal(gramian)
        ...         return keras.ops.rsqrt(keras.ops.where(present, squares, 1.0))
        >>> SameLength().combine([[3.0, 0.0], [0.0, 0.2]])
        array([1., 1.], dtype=float32)
    """

    @abstractmethod
    def weights(self, gramian: Tensor, losses: Tensor, present: Tensor) -> Tensor:
        """Return the weight of each task's gradient, of shape `(tasks,)`.

        Args:
            gramian: Scalar products of the gradients, float `(tasks, tasks)`; 0 in the rows and
                columns of tasks that are not present.
            losses: The losses, times the `loss_weights` of `compile`, float `(tasks,)`; 0 where a
                task is not present.
            present: Whether a task takes part, booleans `(tasks,)`: the batch has a label of it,
                and its gradient is not zero. The weights of the other tasks are not used.
        """

    @property
    def running_mean(self) -> RunningMean | None:
        """The moving average that the rule needs, None by default.

        With one, `gramian`, `present` and the weights have one entry more than there are tasks:
        the last one belongs to the mean. `losses` has not.
        """
        return None

    def weights_and_state(
        self, gramian: Tensor, losses: Tensor, present: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """Return the weights and the state after the step; override it to use a state.

        Args:
            gramian: As for `weights`.
            losses: As for `weights`.
            present: As for `weights`.
            state: The state before the step: the names, shapes and dtypes of `initial_state`.
        """
        return self.weights(gramian, losses, present), state

    def balance(
        self, gramian: Tensor, losses: Tensor, present: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """Return the weights for a training step, 0 for idle tasks, and the next state.

        The training step calls it; there is no reason to override it. A gradient that is not finite
        makes all weights NaN.

        Args:
            gramian: Scalar products of the gradients, float32 or float64 `(tasks, tasks)`, with one
                more row and column if there is a `running_mean`.
            losses: The losses, float `(tasks,)`.
            present: Whether the batch has a label of a task, booleans `(tasks,)`.
            state: The state before the step.
        """
        gramian = ops.stop_gradient(ops.convert_to_tensor(gramian))
        losses = ops.stop_gradient(ops.convert_to_tensor(losses))
        labelled = ops.cast(present, "bool")
        losses = ops.where(labelled, losses, ops.zeros_like(losses))
        if self.running_mean is not None:
            labelled = ops.concatenate([labelled, ops.ones_like(labelled[..., :1])], axis=-1)
        squares = ops.diagonal(gramian, axis1=-2, axis2=-1)
        smallest = SMALLEST_SQUARE[ops.dtype(gramian)]
        # Not `squares > smallest`: a NaN is no zero, and is not to be left out without a word.
        taking_part = labelled & ~(squares <= smallest)
        both = taking_part[..., :, None] & taking_part[..., None, :]
        gramian = ops.where(both, gramian, ops.zeros_like(gramian))
        found, state = self.weights_and_state(gramian, losses, taking_part, state)
        found = ops.cast(found, gramian.dtype)
        found = ops.where(taking_part, found, ops.zeros_like(found))
        finite = ops.all(ops.isfinite(gramian), axis=(-2, -1))[..., None]
        return ops.where(finite, found, ops.full_like(found, float("nan"))), state

    def combine(self, gradients: Any, *, losses: Any = None, mean: Any = None) -> np.ndarray:
        """Return the update of the first step: the sum of the gradients times the weights.

        Args:
            gradients: A gradient for each task, floats `(tasks, parameters)`.
            losses: The losses, floats `(tasks,)`; all 1 by default. Few rules look at them.
            mean: For a rule with a `running_mean` that mean, floats `(parameters,)`; zeros by
                default, as in the first step.

        Returns:
            Floats `(parameters,)`.

        Raises:
            ValueError: The shapes do not fit, or something is not finite.
            InvalidBalancer: There is only one task.
        """
        step = first_step(self, gradients, losses)
        step = step.with_mean(mean, step.balancer.running_mean is not None)
        weights, _ = step.balancer.balance(step.gramian, step.losses, step.present, step.state)
        return step.update(weights)

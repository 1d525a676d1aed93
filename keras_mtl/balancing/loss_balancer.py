"""Balancers that see the losses of the tasks: one backward pass a step."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from keras import ops

from keras_mtl.balancing.balancer import Balancer, State, Tensor
from keras_mtl.balancing.first_step import first_step


class LossBalancer(Balancer):
    """Coefficients of the losses of the tasks, from these losses.

    The update is the gradient of `sum(coefficients * losses)`, for the trunk and for the heads, so
    a step costs one backward pass, as without a balancer. Subclass it for a rule of your own: one
    method, `coefficients`, written with `keras.ops`, because it is compiled into the training step.
    A rule that keeps something from step to step overrides `initial_state` and
    `coefficients_and_state` too.

    Example:
        >>> import keras, keras_mtl
        >>> class SameSize(keras_mtl.balancing.LossBalancer):
        ...     def coefficients(self, losses, present):
        ...         return 1 / keras.ops.maximum(losses, 1e-3)
        >>> SameSize().combine([[1.0, 0.0], [0.0, 1.0]], losses=[2.0, 0.5])
        array([0.5, 2. ], dtype=float32)
    """

    @abstractmethod
    def coefficients(self, losses: Tensor, present: Tensor) -> Tensor:
        """Return the coefficient of each task's loss, of shape `(tasks,)`.

        Args:
            losses: The losses, times the `loss_weights` of `compile`, float `(tasks,)`; 0 where a
                task is not present.
            present: Whether the batch has a label of a task, booleans `(tasks,)`. The coefficients
                of the other tasks are not used.
        """

    def coefficients_and_state(
        self, losses: Tensor, present: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """Return the coefficients and the state after the step; override it to use a state.

        Args:
            losses: As for `coefficients`.
            present: As for `coefficients`.
            state: The state before the step: the names, shapes and dtypes of `initial_state`.
        """
        return self.coefficients(losses, present), state

    def balance(self, losses: Tensor, present: Tensor, state: State) -> tuple[Tensor, State]:
        """Return the coefficients for a training step, 0 for absent tasks, and the next state.

        The training step calls it; there is no reason to override it. No gradient flows through the
        coefficients. A loss that is not finite makes all coefficients NaN.

        Args:
            losses: The losses, float `(tasks,)`.
            present: Whether the batch has a label of a task, booleans `(tasks,)`.
            state: The state before the step.
        """
        losses = ops.stop_gradient(ops.convert_to_tensor(losses))
        present = ops.cast(present, "bool")
        losses = ops.where(present, losses, ops.zeros_like(losses))
        found, state = self.coefficients_and_state(losses, present, state)
        found = ops.cast(found, losses.dtype)
        found = ops.where(present, found, ops.zeros_like(found))
        finite = ops.all(ops.isfinite(losses), axis=-1, keepdims=True)
        return ops.where(finite, found, ops.full_like(found, float("nan"))), state

    def combine(self, gradients: Any, *, losses: Any = None) -> np.ndarray:
        """Return the update of the first step: the sum of the gradients times the coefficients.

        Args:
            gradients: A gradient for each task, floats `(tasks, parameters)`.
            losses: The losses, floats `(tasks,)`; all 1 by default.

        Returns:
            Floats `(parameters,)`.

        Raises:
            ValueError: The shapes do not fit, or something is not finite.
            InvalidBalancer: There is only one task.
        """
        step = first_step(self, gradients, losses)
        return step.update(step.balancer.balance(step.losses, step.present, step.state)[0])

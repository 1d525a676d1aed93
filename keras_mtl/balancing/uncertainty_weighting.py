"""Losses weighted by variances that are trained with the model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mtl.balancing.balancer import State, Tensor
from keras_mtl.balancing.loss_balancer import LossBalancer
from keras_mtl.balancing.same_type import larger
from keras_mtl.common.arguments import positive_number

DECAYS = (0.9, 0.999)
"""The decay of the means of gradients and of squared gradients: those of Adam."""
LOWEST = -10.0
"""The smallest log variance: a loss that reaches 0 would get an infinite coefficient."""


@keras.saving.register_keras_serializable("keras_mtl")
class UncertaintyWeighting(LossBalancer):
    """Weight each loss by a variance of its task, which is trained with the model.

    Use it where losses have different units, such as a cross-entropy and a squared error: it costs
    nothing, and brings each weighted loss to about 1. It minimises `sum(exp(-s) * loss + s)` over
    the log variances s too, each by Adam with a rate of its own. A task moves its log variance only
    in steps in which it is present.

    Guarantees: nothing about conflicts between tasks. A loss of constant size L ends with the
    coefficient 1 / L, whatever its unit; no coefficient exceeds exp(10). Losses should not be
    negative.

    Args:
        learning_rate: The learning rate of the log variances, positive; 0.01 by default, with which
            a coefficient changes by up to 1% in a step.

    Raises:
        ValueError: `learning_rate` is not a positive number.

    Source:
        Kendall, Gal and Cipolla, "Multi-Task Learning Using Uncertainty to Weigh Losses", 2018. The
        objective is twice theirs, so that training begins with the sum of the losses.

    Example:
        >>> import keras_mtl
        >>> balancer = keras_mtl.balancing.UncertaintyWeighting(0.1).for_tasks(["hair", "age"])
        >>> state = balancer.initial_state()
        >>> for _ in range(300):
        ...     coefficients, state = balancer.balance(np.float32([0.5, 20]), [True, True], state)
        >>> np.round(np.asarray(coefficients), 2)
        array([2.  , 0.05], dtype=float32)
    """

    def __init__(self, learning_rate: float = 0.01) -> None:
        self.learning_rate = positive_number("learning_rate", learning_rate)

    def initial_state(self) -> dict[str, np.ndarray]:
        """Return log variances of 0, and the counts and means of Adam."""
        names = ("log_variances", "steps", "means", "mean_squares")
        return {name: np.zeros(len(self.tasks), "float32") for name in names}

    def coefficients(self, losses: Tensor, present: Tensor) -> Tensor:
        """Return the coefficients of the first step: ones."""
        del present
        return ops.ones_like(losses)

    def coefficients_and_state(
        self, losses: Tensor, present: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """Return the coefficients by the log variances, and the state after a step of Adam."""
        before = {key: ops.convert_to_tensor(one) for key, one in state.items()}
        coefficients = ops.exp(-before["log_variances"])
        gradients = 1 - coefficients * ops.cast(losses, "float32")
        after = _adam_step(before, gradients, self.learning_rate)
        after = {key: ops.where(present, one, before[key]) for key, one in after.items()}
        return coefficients, after

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"learning_rate": self.learning_rate}


def _adam_step(state: State, gradients: Tensor, learning_rate: float) -> dict[str, Tensor]:
    first, second = DECAYS
    steps = state["steps"] + 1
    means = first * state["means"] + (1 - first) * gradients
    squares = second * state["mean_squares"] + (1 - second) * gradients * gradients
    unbiased = means / (1 - ops.power(first, steps))
    scale = ops.sqrt(squares / (1 - ops.power(second, steps))) + 1e-7
    moved = state["log_variances"] - learning_rate * unbiased / scale
    return {
        "log_variances": larger(moved, LOWEST),
        "steps": steps,
        "means": means,
        "mean_squares": squares,
    }

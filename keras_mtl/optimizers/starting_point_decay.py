"""Weight decay towards the values that variables had when they began to train."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.keras_private.optimizers import slots_of


class StartingPointDecay(keras.optimizers.Optimizer):
    """An `Optimizer` that moves variables towards the values that they had at its first step.

    A step is `w -= learning_rate * strength * (w - w_start)`, whatever the gradient. Of each
    variable it keeps the value at the start, and whether there has been a step yet: these are
    saved, and carried over when a model is compiled anew, as moments are.

    Args:
        learning_rate: The learning rate.
        strength: The decay relative to the rate, as `weight_decay` of an optimizer.
        accumulated: `gradient_accumulation_steps` of the optimizer that it stands before.
        name: Name of the optimizer.
    """

    def __init__(
        self, learning_rate: Any, strength: float, accumulated: int | None, name: str
    ) -> None:
        super().__init__(learning_rate, gradient_accumulation_steps=accumulated, name=name)
        self.strength = strength
        self.starts: list[keras.Variable] = []
        self.started: list[keras.Variable] = []

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Make room for the values at the start."""
        if self.built:
            return
        super().build(variables)
        for variable in variables:
            self.starts.append(self.add_variable_from_reference(variable, name="start"))
            self.started.append(self.add_variable((), "zeros", "float32", name="started"))

    def decay(self, variables: Sequence[keras.Variable]) -> None:
        """Take a step."""
        # An update step by Keras, because only that runs on all replicas of a strategy and counts
        # the accumulation of gradients.
        self.apply([ops.zeros(v.shape, v.dtype) for v in variables], list(variables))

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Move a variable towards its value at the start, which the first step remembers.

        Not `build`: Keras loads the weights of a saved model after it has built the optimizer.
        """
        del gradient
        slots = slots_of(self, variable)
        # As tensors: `where` takes no variables on JAX.
        now, start = ops.convert_to_tensor(variable), ops.convert_to_tensor(slots["starts"])
        start = ops.where(slots["started"] > 0, start, now)
        self.assign(slots["starts"], start)
        self.assign(slots["started"], 1.0)
        rate = ops.cast(learning_rate, variable.dtype) * ops.cast(self.strength, variable.dtype)
        self.assign_sub(variable, (now - start) * rate)

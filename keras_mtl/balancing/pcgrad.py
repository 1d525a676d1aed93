"""Gradients that conflict are projected off each other, one after the other."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mtl.balancing.balancer import State, Tensor
from keras_mtl.balancing.gradient_balancer import GradientBalancer
from keras_mtl.balancing.random_numbers import uniform_numbers
from keras_mtl.balancing.same_type import matrix_product, smaller
from keras_mtl.common.arguments import random_seed


@keras.saving.register_keras_serializable("keras_mtl")
class PCGrad(GradientBalancer):
    """Project each gradient off those that it conflicts with, in random order; add up the results.

    Use it to compare with published results: it is the best known rule. `UPGrad` is its exact
    form, and does not depend on an order.

    Guarantees: with two tasks the update conflicts with neither gradient. With more tasks it may,
    because a projection can bring back a conflict that an earlier one removed. The update is a sum,
    as without a balancer: without conflicts it is the sum of the gradients. The order is a function
    of the seed and the step, the same on every backend.

    Args:
        seed: Seed of the order, 0 by default.

    Raises:
        ValueError: `seed` is no whole number in [0, 2**32).

    Source:
        Yu et al., "Gradient Surgery for Multi-Task Learning", 2020.

    Example:
        >>> import keras_mtl
        >>> keras_mtl.balancing.PCGrad().combine([[1.0, 0.0], [-1.0, 1.0]])
        array([0.5, 1.5], dtype=float32)
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = random_seed("seed", seed)

    def initial_state(self) -> dict[str, np.ndarray]:
        """Return the number of steps taken."""
        return {"step": np.zeros((), "int32")}

    def weights(self, gramian: Tensor, losses: Tensor, present: Tensor) -> Tensor:
        """Return the weights of the first step."""
        return self.weights_and_state(gramian, losses, present, self.initial_state())[0]

    def weights_and_state(
        self, gramian: Tensor, losses: Tensor, present: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """Return the weights, and the state with one more step."""
        del losses
        step = ops.convert_to_tensor(state["step"])
        tasks = gramian.shape[-1]
        orders = ops.argsort(uniform_numbers(self.seed, step, (tasks, tasks)), axis=-1)
        eye = ops.eye(tasks, dtype=gramian.dtype)
        squares = ops.diagonal(gramian, axis1=-2, axis2=-1)
        inverse = 1 / ops.where(present, squares, 1)
        projected = eye + ops.zeros_like(gramian)  # A row for each projected gradient.
        for place in range(tasks):
            other = ops.take(eye, orders[:, place], axis=0)  # A row for the gradient's opponent.
            product = ops.sum(projected * matrix_product(other, gramian), axis=-1, keepdims=True)
            conflict = smaller(product, 0) * (1 - ops.diagonal(other))[:, None]
            projected = projected - conflict * matrix_product(other, inverse[..., None]) * other
        taking_part = ops.cast(present, gramian.dtype)[..., None]
        return ops.sum(projected * taking_part, axis=-2), {"step": step + 1}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"seed": self.seed}

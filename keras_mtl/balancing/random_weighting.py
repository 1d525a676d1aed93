"""Losses weighted at random."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mtl.balancing.balancer import State, Tensor
from keras_mtl.balancing.loss_balancer import LossBalancer
from keras_mtl.balancing.random_numbers import normal_numbers
from keras_mtl.common.arguments import random_seed


@keras.saving.register_keras_serializable("keras_mtl")
class RandomWeighting(LossBalancer):
    """Weight each loss by a random number, drawn anew at each step.

    Use it as a control: a balancer that is no better than random weights has not helped by its
    rule. It costs nothing.

    Guarantees: the coefficients of the tasks that are present are positive and their mean is 1.
    They are a function of the seed and the step, the same on every backend.

    Args:
        seed: Seed of the weights, 0 by default.

    Raises:
        ValueError: `seed` is no whole number in [0, 2**32).

    Source:
        Lin et al., "Reasonable Effectiveness of Random Weighting", 2022: the softmax of normal
        numbers, here times the number of tasks.

    Example:
        >>> import keras_mtl
        >>> balancer = keras_mtl.balancing.RandomWeighting(seed=1).for_tasks(["hair", "sex"])
        >>> round(float(balancer.combine([[1.0, 0.0], [0.0, 1.0]]).sum()), 3)
        2.0
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = random_seed("seed", seed)

    def initial_state(self) -> dict[str, np.ndarray]:
        """Return the number of steps taken."""
        return {"step": np.zeros((), "int32")}

    def coefficients(self, losses: Tensor, present: Tensor) -> Tensor:
        """Return the coefficients of the first step."""
        return self.coefficients_and_state(losses, present, self.initial_state())[0]

    def coefficients_and_state(
        self, losses: Tensor, present: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """Return random coefficients, and the state with one more step."""
        step = ops.convert_to_tensor(state["step"])
        drawn = normal_numbers(self.seed, step, losses.shape[-1])
        shares = ops.where(present, ops.exp(drawn), 0)
        total = ops.sum(shares, axis=-1, keepdims=True)
        count = ops.sum(ops.cast(present, shares.dtype), axis=-1, keepdims=True)
        return shares * count / ops.where(total > 0, total, 1), {"step": step + 1}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"seed": self.seed}

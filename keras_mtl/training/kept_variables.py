"""The state of a model that many runs train, each from the same start."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

import keras
import numpy as np

from keras_mtl.keras_private.layers import seed_states, sublayers
from keras_mtl.training.distribution.assigning import assign, assign_all
from keras_mtl.training.global_draws import drawing


class KeptVariables:
    """All variables of a compiled model and its optimizer, with their values now.

    Args:
        model: The model; its optimizer is built.
        others: What else training changes, such as the state of a balancer.

    Attributes:
        num_bytes: The memory of the variables and of their values now.
    """

    def __init__(self, model: keras.Model, others: Sequence[keras.Variable] = ()) -> None:
        self._variables = [*model.variables, *model.optimizer.variables, *others]
        self._start = [_held(variable) for variable in self._variables]
        held = [value.base if value.base is not None else value for value in self._start]
        self.num_bytes = sum(value.nbytes for value in [*self._start, *held])
        self._seeds = [state for layer in sublayers(model) for state in seed_states(layer)]
        self._generator = keras.random.SeedGenerator(0)

    def reset(self, seed: int) -> None:
        """Put the values back; random layers get the seed of a run."""
        assign_all(self._variables, self._start)
        numbers = np.random.default_rng(seed).integers(2**31, size=len(self._seeds) + 1)
        for state, number in zip([*self._seeds, self._generator.state], numbers, strict=True):
            assign(state, np.array([number, 0]))

    def drawing(self, seed: int) -> AbstractContextManager[None]:
        """Return a context in which what draws from global generators draws from a seed."""
        return drawing(seed, self._generator)


def _held(variable: keras.Variable) -> np.ndarray:
    """Return the value; of equal numbers, such as slots before the first step, hold only one."""
    value = keras.ops.convert_to_numpy(variable)
    if value.size and (value == value.flat[0]).all():
        return np.broadcast_to(value.flat[0].copy(), value.shape)
    return value.copy()

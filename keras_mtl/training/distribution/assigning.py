"""New values of variables, which several processes may share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras


def assign(variable: keras.Variable, value: Any) -> None:
    """Give a variable a value, which is the same array on all workers."""
    if keras.config.backend() == "jax":
        from keras_mtl.training.distribution.jax_values import lying_as

        value = lying_as(variable, value)
    variable.assign(value)


def assign_all(variables: Iterable[keras.Variable], values: Iterable[Any]) -> None:
    """Give variables values, which are the same arrays on all workers."""
    for variable, value in zip(variables, values, strict=True):
        assign(variable, value)

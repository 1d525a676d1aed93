"""Values of variables on JAX."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import keras
import numpy as np


def changed(values: Sequence[Any], new: Sequence[Any]) -> dict[int, Any]:
    """Return the values that are other objects than before, by their positions."""
    pairs = enumerate(zip(values, new, strict=True))
    return {index: value for index, (old, value) in pairs if value is not old}


def lying_as(variable: keras.Variable, value: Any) -> Any:
    """Return a value on the devices of a variable, if these are of several processes.

    JAX, which would put an array there, compares it on all processes first: that takes a message,
    and a NaN is never equal to the NaN of another process.
    """
    before = variable.value
    if before.is_fully_addressable:
        return value
    value = np.asarray(value, before.dtype)
    return jax.make_array_from_callback(before.shape, before.sharding, lambda part: value[part])

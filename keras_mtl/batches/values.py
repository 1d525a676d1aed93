"""Whatever holds numbers, as NumPy arrays."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.errors import InvalidTaskData


def as_array(value: Any, what: str) -> np.ndarray:
    """The array, without a copy where there need not be one.

    Args:
        value: An array, a tensor, a pandas object, a list.
        what: What messages call it.
    """
    if keras.ops.is_tensor(value):
        value = keras.ops.convert_to_numpy(value)
    try:
        array = np.asarray(value)
    except (ValueError, TypeError) as error:
        raise InvalidTaskData(f"{what} are no array of numbers: {error}") from error
    if array.ndim == 0:
        raise InvalidTaskData(
            f"{what} must hold one row for each sample. Received: {_shown(value)}."
        )
    return in_floatx(array)


def in_floatx(array: np.ndarray) -> np.ndarray:
    """Numbers in the precision that the model computes in, as `fit` converts them too."""
    return array.astype(keras.config.floatx()) if array.dtype == np.float64 else array


def _shown(value: Any) -> str:
    return repr(value) if np.ndim(value) == 0 and len(repr(value)) < 40 else type(value).__name__

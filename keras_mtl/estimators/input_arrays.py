"""Checks of inputs by scikit-learn's rules, beside those of the model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from sklearn.utils import check_array

from keras_mtl.batches.finite_inputs import FiniteInputs
from keras_mtl.batches.model_inputs import ModelInputs, check_dtype
from keras_mtl.batches.values import dense_array
from keras_mtl.errors import InvalidFeatures, InvalidInputs


def check_inputs(
    model: keras.Model, X: Any, what: str = "`X`", *, batched: bool = False
) -> list[np.ndarray]:
    """Return one array for each input of the model, in the order of its inputs.

    Args:
        model: A Functional or built Sequential model.
        X: Array-like of shape `(samples, ...)`. For several inputs a dict or a data frame of them
            by the names of the inputs, or a list in their order.
        what: What messages call it.
        batched: Whether it is one batch of a stream.

    Raises:
        InvalidFeatures: The number of arrays, a shape, a dtype or a value does not fit, or there
            are no samples.
        TypeError: `X` is sparse, or no array.
    """
    inputs = ModelInputs.of(model)
    values = inputs.in_order(X, what, batched=batched)
    arrays = [
        _checked(value, tensor, f"The input `{tensor.name}` in {what}")
        for tensor, value in zip(inputs.tensors, values, strict=True)
    ]
    for index, array in enumerate(arrays):
        inputs.added_axes(index, array.shape, what, batched=batched)
    inputs.check_lengths(arrays, what)
    FiniteInputs(inputs.tensors, what).check(arrays)  # After NumPy's precision, that of the model.
    return arrays


def _checked(value: Any, tensor: Any, what: str) -> np.ndarray:
    """Return the array; refuse no samples, NaN and complex numbers as scikit-learn does."""
    if value is None or np.isscalar(value):
        raise InvalidFeatures(f"{what} must hold one row for each sample. Received: {value!r}.")
    text = tensor.dtype == "string"
    if keras.ops.is_tensor(value):
        value = keras.ops.convert_to_numpy(value)
    if text or hasattr(value, "iloc"):  # scikit-learn names no column.
        value = dense_array(value, what)
    try:
        array = check_array(
            value,
            dtype=None if text else "numeric",
            ensure_2d=False,
            allow_nd=True,
            input_name="X",
        )
    except InvalidInputs:
        raise
    except ValueError as error:
        raise InvalidFeatures(f"{what}: {error}") from error
    check_dtype(array, tensor.dtype, what)
    return array

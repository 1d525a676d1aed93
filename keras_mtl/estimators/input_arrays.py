"""The data for a model's inputs are checked before any work is done."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from sklearn.utils import check_array

from keras_mtl.batches.input_shapes import check_shape
from keras_mtl.errors import InvalidFeatures
from keras_mtl.graph.functional_models import checked_functional


def check_inputs(model: keras.Model, X: Any) -> list[np.ndarray]:
    """Return one array for each input of the model, in the order of its inputs.

    Args:
        model: A Functional or built Sequential model.
        X: Array-like of shape `(samples, ...)`. For several inputs a dict of them by the names of
            the inputs, or a list in their order.

    Raises:
        InvalidFeatures: The number of arrays, a shape, a dtype or a value does not fit, or there
            are no samples.
        TypeError: `X` is sparse, or no array.
    """
    tensors = {tensor.name: tensor for tensor in checked_functional(model).inputs}
    arrays = [
        _check_input(name, tensors[name], value) for name, value in _by_name(tensors, X).items()
    ]
    lengths = {name: len(array) for name, array in zip(tensors, arrays, strict=True)}
    if len(set(lengths.values())) > 1:
        raise InvalidFeatures(
            f"All inputs must hold the same number of samples. Received: {lengths}."
        )
    return arrays


def _by_name(tensors: dict[str, Any], X: Any) -> dict[str, Any]:
    names = list(tensors)
    if isinstance(X, dict) and not hasattr(X, "shape"):  # A sparse `dok_matrix` is a dict too.
        if set(X) != set(names):
            raise InvalidFeatures(f"The model has the inputs {names}. Received: {list(X)}.")
        return {name: X[name] for name in names}
    if len(names) == 1:
        return {names[0]: X}
    if not isinstance(X, list | tuple) or len(X) != len(names):
        received = f"{len(X)} arrays" if isinstance(X, list | tuple) else f"`{type(X).__name__}`"
        raise InvalidFeatures(
            f"The model has {len(names)} inputs: `X` must be a dict of arrays by the names "
            f"{names}, or a list in this order. Received: {received}."
        )
    return dict(zip(names, X, strict=True))


def _check_input(name: str, tensor: Any, value: Any) -> np.ndarray:
    text = tensor.dtype == "string"
    if keras.ops.is_tensor(value):
        value = keras.ops.convert_to_numpy(value)
    try:
        array = check_array(
            value,
            dtype=None if text else "numeric",
            ensure_2d=False,
            allow_nd=True,
            input_name="X",
        )
    except ValueError as error:  # Too few samples, NaN, text, complex numbers.
        raise InvalidFeatures(f"For the input `{name}`: {error}") from error
    if text and array.dtype.kind not in "OUS":
        raise InvalidFeatures(f"The input `{name}` takes text. Received: {array.dtype}.")
    check_shape(name, tensor.shape, array.shape)
    return array

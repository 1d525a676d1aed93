"""The data for a model's inputs are checked before any work is done."""

from __future__ import annotations

from math import prod
from typing import Any

import keras
import numpy as np
from sklearn.utils import check_array

from keras_mtl.errors import InvalidFeatures
from keras_mtl.surgery.graph import checked_functional


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
    _check_shape(name, tensor.shape, array.shape)
    return array


def check_shapes(model: keras.Model, x: Any, *, what: str) -> None:
    """Refuse arrays that a model cannot take, by looking at nothing but their shapes.

    Args:
        model: A Functional or built Sequential model.
        x: An array, or several as Keras takes them.
        what: What messages call them, such as "`x`".

    Raises:
        InvalidFeatures: They are too few or too many, hold no samples, or a shape does not fit.
    """
    tensors = {tensor.name: tensor for tensor in checked_functional(model).inputs}
    if isinstance(x, dict) and set(x) != set(tensors):
        return  # Named as the model's structure of inputs names them, which Keras checks.
    values = [x[name] for name in tensors] if isinstance(x, dict) else keras.tree.flatten(x)
    if len(values) != len(tensors):
        raise InvalidFeatures(
            f"The model has the inputs {list(tensors)}. Received {len(values)} arrays in {what}."
        )
    for (name, tensor), value in zip(tensors.items(), values, strict=True):
        shape = tuple(np.shape(value))
        if shape[:1] == (0,):
            raise InvalidFeatures(f"There are no samples in {what}.")
        _check_shape(name, tensor.shape, shape, what)


def _check_shape(
    name: str, expected: tuple[int | None, ...], shape: tuple[int, ...], what: str = "`X`"
) -> None:
    """Refuse what `model.predict` would; a last dimension of 1 may be left out, or added."""
    if _fits(shape, expected) or (expected[-1] == 1 and _fits((*shape, 1), expected)):
        return
    if shape[-1:] == (1,) and _fits(shape[:-1], expected):
        return
    raise InvalidFeatures(
        f"{what} does not fit the input `{name}` of the model: expected the shape {expected}. "
        f"Received: {shape}.{_hint(shape, expected)}"
    )


def _fits(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> bool:
    return len(shape) == len(expected) and all(
        wanted in (None, size) for size, wanted in zip(shape[1:], expected[1:], strict=True)
    )


def _hint(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> str:
    if _fits((1, *shape), expected):
        return " Reshape your data: one sample is `X[None]`."
    if 0 < prod(shape[1:]) == prod(size or 0 for size in expected[1:]):
        new_shape = ", ".join(map(str, (-1, *expected[1:])))
        return f" Reshape your data: `X.reshape({new_shape})`."
    return ""

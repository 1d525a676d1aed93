"""Arrays whose shapes a model cannot take are refused before any work is done."""

from __future__ import annotations

from math import prod
from typing import Any

import keras
import numpy as np

from keras_mtl.common.shapes import fits
from keras_mtl.errors import InvalidFeatures
from keras_mtl.graph.functional_models import checked_functional


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
        check_shape(name, tensor.shape, shape, what)


def check_shape(
    name: str, expected: tuple[int | None, ...], shape: tuple[int, ...], what: str = "`X`"
) -> None:
    """Refuse what `model.predict` would; a last dimension of 1 may be left out, or added."""
    if fits(shape, expected) or (expected[-1] == 1 and fits((*shape, 1), expected)):
        return
    if shape[-1:] == (1,) and fits(shape[:-1], expected):
        return
    raise InvalidFeatures(
        f"{what} does not fit the input `{name}` of the model: expected the shape {expected}. "
        f"Received: {shape}.{_hint(shape, expected)}"
    )


def _hint(shape: tuple[int, ...], expected: tuple[int | None, ...]) -> str:
    if fits((1, *shape), expected):
        return " Reshape your data: one sample is `X[None]`."
    if 0 < prod(shape[1:]) == prod(size or 0 for size in expected[1:]):
        new_shape = ", ".join(map(str, (-1, *expected[1:])))
        return f" Reshape your data: `X.reshape({new_shape})`."
    return ""

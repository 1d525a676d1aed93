"""Inputs in the form in which a user gave them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.values import is_frame

Back = Callable[[Sequence[np.ndarray]], Any]


def back_to_given(inputs: ModelInputs, x: Any) -> Back:
    """Return a function from arrays, one for each input, to the form of `x`.

    That is a dict, a data frame, a list or one array; what `x` holds besides the inputs is left
    out.

    Args:
        inputs: The inputs of the model.
        x: The inputs as they were given.
    """
    if is_frame(x):
        return _back_to_frame(inputs, x)
    if isinstance(x, Mapping):
        keys = inputs.keys if set(inputs.keys) <= set(x) else inputs.names
        return lambda arrays: dict(zip(keys, arrays, strict=True))
    if len(inputs.tensors) > 1:
        return list
    return lambda arrays: arrays[0]


def _back_to_frame(inputs: ModelInputs, x: Any) -> Back:
    if not inputs.are_named:
        return lambda arrays: type(x)(arrays[0], columns=x.columns)
    keys = inputs.keys if set(inputs.keys) <= set(x.columns) else inputs.names
    return lambda arrays: type(x)(
        {key: array.reshape(-1) for key, array in zip(keys, arrays, strict=True)}
    )

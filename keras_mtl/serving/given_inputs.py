"""Inputs that are given to a loaded export, checked against its manifest; needs no Keras."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.common.shapes import fits
from keras_mtl.errors import InvalidFeatures
from keras_mtl.serving.manifest import ExportedInput

TEXT = (str, bytes)


def checked_inputs(x: Any, inputs: Sequence[ExportedInput]) -> dict[str, np.ndarray]:
    """Return an array for each input, of its dtype, by its name in the export.

    Args:
        x: An array for one input; for several a dict or a data frame of them by name, or a list in
            their order. What a dict holds besides is ignored.
        inputs: What the export takes.

    Raises:
        InvalidFeatures: An input is missing, or has a wrong shape or dtype; there are no samples,
            or their numbers differ between inputs.
    """
    arrays = {
        one.name: _checked(value, one)
        for one, value in zip(inputs, _in_order(x, inputs), strict=True)
    }
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise InvalidFeatures(f"All inputs must have the same number of rows. Received: {lengths}.")
    if not next(iter(lengths.values())):
        raise InvalidFeatures("There are no samples in `x`.")
    return arrays


def _in_order(x: Any, inputs: Sequence[ExportedInput]) -> list[Any]:
    if hasattr(x, "iloc") and hasattr(x, "columns") and len(inputs) > 1:
        x = dict(x.items())
    if isinstance(x, Mapping):
        return [_named(x, one, inputs) for one in inputs]
    if len(inputs) == 1:
        return [x]
    if isinstance(x, list | tuple) and len(x) == len(inputs):
        return list(x)
    received = f"{len(x)} arrays" if isinstance(x, list | tuple) else f"`{type(x).__name__}`"
    raise InvalidFeatures(
        f"The export has {len(inputs)} inputs, {[one.given_name for one in inputs]}: `x` must be a "
        f"dict of arrays by these names, or a list in this order. Received: {received}."
    )


def _named(x: Mapping[Any, Any], one: ExportedInput, inputs: Sequence[ExportedInput]) -> Any:
    for name in (one.given_name, one.name):
        if name in x:
            return x[name]
    raise InvalidFeatures(
        f"The export has the inputs {[one.given_name for one in inputs]}. Received: {list(x)}; "
        f"{one.given_name!r} is missing.{did_you_mean(one.given_name, map(str, x))}"
    )


def _checked(value: Any, one: ExportedInput) -> np.ndarray:
    what = f"The input `{one.given_name}`"
    try:
        # As objects bytes keep the zeros at their end.
        array = np.asarray(value, object if one.dtype == "string" else None)
    except (TypeError, ValueError) as error:
        raise InvalidFeatures(f"{what}: no array of numbers or text ({error}).") from error
    if one.dtype == "string":
        array = _text(array, what)
    elif array.dtype.kind not in "biuf" and "float" not in array.dtype.name:
        example = "" if array.dtype != object else f", such as {array.ravel()[:1].tolist()}"
        raise InvalidFeatures(
            f"{what} takes numbers ({one.dtype}). Received: {array.dtype}{example}."
        )
    else:
        array = _cast(array, one.dtype, what)
    return _of_shape(array, one, what)


def _text(array: np.ndarray, what: str) -> np.ndarray:
    objects = array.astype(object)
    strange = [value for value in objects.ravel() if not isinstance(value, TEXT)]
    if strange:
        raise InvalidFeatures(
            f"{what} takes text, or the bytes of encoded pictures. Received: {array.dtype}, such "
            f"as {strange[0]!r}."
        )
    return objects


def _cast(array: np.ndarray, dtype: str, what: str) -> np.ndarray:
    """Return the numbers in the dtype of the input; whole numbers are not cut off."""
    expected = np.dtype(dtype) if dtype != "bfloat16" else np.dtype("float32")
    to_whole = expected.kind in "iu" and array.dtype.kind == "f"
    if to_whole and not (np.isfinite(array).all() and (array == np.rint(array)).all()):
        raise InvalidFeatures(f"{what} takes whole numbers ({dtype}). Received: {array.dtype}.")
    with np.errstate(over="ignore"):  # What is too large becomes infinite, as in `predict`.
        cast = array.astype(expected, copy=False)
    if expected.kind in "iu" and (cast.astype(object) != array.astype(object)).any():
        raise InvalidFeatures(f"{what} holds numbers that {dtype} cannot.")
    return cast


def _of_shape(array: np.ndarray, one: ExportedInput, what: str) -> np.ndarray:
    """Return an array of a shape that fits; as in Keras a last dimension of 1 may be left out."""
    shape = tuple(one.shape)
    if fits(array.shape, shape):
        return array
    if shape[-1:] == (1,) and fits((*array.shape, 1), shape):
        return array[..., None]
    if array.shape[-1:] == (1,) and fits(array.shape[:-1], shape):
        return array[..., 0]
    hint = " One sample is `x[None]`." if fits((1, *array.shape), shape) else ""
    raise InvalidFeatures(f"{what} has the shape {shape}. Received: {array.shape}.{hint}")

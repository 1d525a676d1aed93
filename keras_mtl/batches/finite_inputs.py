"""Refusal of inputs that are not finite, for data that a model runs over once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_mtl.errors import InvalidFeatures


class FiniteInputs:
    """Refuses NaN, infinite values, and numbers too large for the dtype of their input.

    Features do not show them: a ReLU makes a number of NaN on some processors, and a saturated
    activation one of an infinite value.

    Args:
        tensors: The symbolic inputs of the model, in their order.
        what: What messages call the data.
        first: The number of the first row.
    """

    def __init__(self, tensors: Sequence[Any], what: str, first: int = 0) -> None:
        self._tensors = tensors
        self._what = what
        self._rows = first

    def check(self, x: Any) -> None:
        """Check the next rows: an array of numbers or text for each input, in any structure."""
        arrays = keras.tree.flatten(x)
        for tensor, array in zip(self._tensors, arrays, strict=True):
            # Data get the precision of Keras first, then that of the input.
            narrowest = min(tensor.dtype, keras.config.floatx(), key=_largest)
            if not _is_within(array, _largest(narrowest)):
                raise InvalidFeatures(self._message(array, tensor.name, narrowest))
        self._rows += len(arrays[0])

    def _message(self, array: np.ndarray, name: str, dtype: str) -> str:
        values = array.astype(np.float64).reshape(len(array), -1)
        gaps = np.isnan(values)
        infinite = np.abs(values) > _largest(dtype)
        rows = (gaps | infinite).any(axis=1)
        return (
            f"The input `{name}` in {self._what} must hold finite numbers. Received: {gaps.sum()} "
            f"NaN and {infinite.sum()} infinite as {dtype}, in {rows.sum()} of {len(array)} "
            f"samples; the first of them is sample {self._rows + rows.argmax()}. Leave these "
            "samples out, or fill in numbers."
        )


def _is_within(array: Any, limit: float) -> bool:
    """Return whether all numbers are between `-limit` and `limit`; NaN is not, text is."""
    kind = getattr(array, "dtype", np.dtype(object)).kind
    if kind not in "iufV" or not array.size or (kind in "iu" and limit > 2.0**64):
        return True
    if kind == "V":  # bfloat16 and float8, of which not all have a minimum in NumPy.
        array = array.astype(np.float32)
    # Two passes without a copy; both hand NaN on, which is not within anything.
    with np.errstate(invalid="ignore"):
        return -limit <= float(array.min()) and float(array.max()) <= limit


def _largest(dtype: str) -> float:
    """Return the largest finite number that an input of this dtype can be given."""
    if dtype in ("float16", "float32"):
        return float(np.finfo(dtype).max)
    # bfloat16 has the range of float32; what an integer is made of must just be finite.
    return float(np.finfo("float32" if "float" in dtype and dtype != "float64" else "float64").max)

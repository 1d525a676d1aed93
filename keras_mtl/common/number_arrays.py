"""Arrays of real numbers, made with NumPy alone from anything that holds numbers."""

from __future__ import annotations

import reprlib
from numbers import Number
from typing import Any

import numpy as np


def number_array(
    values: Any, subject: str, error: type[ValueError], *, gaps: bool = False, fix: str = ""
) -> np.ndarray:
    """Return an array of booleans, integers or floats.

    Args:
        values: An array, a pandas object, a list, a number.
        subject: What messages begin with, such as "`y`".
        error: What to raise.
        gaps: Whether None and `pandas.NA` become NaN; otherwise they are refused.
        fix: A sentence for the message if the values are no numbers.
    """
    try:
        array = np.asarray(values)
    except (ValueError, TypeError) as cause:  # Lists of different lengths side by side.
        raise error(f"{subject} must be an array with rows of one shape. {cause}") from cause
    if array.dtype.kind == "O":
        array = _without_objects(array, gaps)
    if array.dtype.kind == "V":
        array = _without_extension(array)
    if array.dtype.kind not in "biuf":
        raise error(
            f"{subject} must be real numbers. Received the dtype {array.dtype}, such as "
            f"{_example(array)}. {fix}".rstrip()
        )
    return array


def check_finite(array: np.ndarray, subject: str, error: type[ValueError]) -> None:
    """Refuse NaN and infinite values."""
    wrong = ~np.isfinite(array)
    if wrong.any():
        nans = int(np.isnan(array).sum())
        first = tuple(np.argwhere(wrong)[0].tolist())
        raise error(
            f"{subject} must be finite. Received: {nans} NaN and {int(wrong.sum()) - nans} "
            f"infinite values in the shape {array.shape}, the first at index {first}."
        )


def _without_objects(array: np.ndarray, gaps: bool) -> np.ndarray:
    """Return numbers that arrived as objects, as pandas columns with an extension dtype do."""
    values = array.ravel().tolist()
    if gaps:
        values = [np.nan if _is_missing(value) else value for value in values]
    if not values or not all(isinstance(value, Number) for value in values):
        return array
    numbers = np.array(values)
    if numbers.dtype.kind == "O":  # Decimals, fractions, large integers.
        numbers = np.array(values, np.float64)
    return numbers.reshape(array.shape)


def _without_extension(array: np.ndarray) -> np.ndarray:
    """Return small floats, such as bfloat16, as float32: NumPy gives them no kind of number."""
    try:
        return array.astype(np.float32)
    except (TypeError, ValueError):
        return array


def _is_missing(value: object) -> bool:
    """Return whether a value is None or `pandas.NA`, told by its name: pandas is optional."""
    return value is None or type(value).__name__ == "NAType"


def _example(array: np.ndarray) -> str:
    values = array.ravel().tolist()
    strange = [value for value in values if not isinstance(value, Number)] or values
    return reprlib.repr(strange[0]) if strange else "none"

"""Columns of a data frame as arrays that a model takes."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np

from keras_mtl.errors import InvalidTaskData

VECTORS = (list, tuple, np.ndarray)


def column_array(column: Any, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of a column, and where they are missing.

    Args:
        column: A `pandas.Series`.
        name: Its name, for messages.

    Returns:
        Numbers in the dtype of the column (those with gaps in pandas' own dtypes as floats), `str`
        objects, or vectors of shape `(rows, size)`; and booleans of shape `(rows,)`. Missing
        numbers are NaN, missing texts are "".

    Raises:
        InvalidTaskData: They are neither numbers nor texts, both, or lists of several lengths.
    """
    missing = column.isna().to_numpy(dtype=bool)
    if hasattr(column, "cat"):  # Categories are what their values are.
        column = column.astype(column.cat.categories.dtype if not missing.any() else object)
    dtype = column.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biuf":
        return column.to_numpy(), missing
    if (isinstance(dtype, np.dtype) and dtype.kind in "mM") or getattr(dtype, "kind", "") in "mM":
        raise InvalidTaskData(
            f"The column {name!r} holds dates or durations ({dtype}), which a model cannot take. "
            "Make numbers of them, for instance by `frame[name].dt.dayofweek`, or leave it out."
        )
    if getattr(dtype, "kind", "O") in "biuf":  # pandas' own dtypes of numbers, which have gaps.
        return _numbers_with_gaps(column, missing), missing
    return _of_objects(column.to_numpy(dtype=object), missing, name), missing


def is_text(array: np.ndarray) -> bool:
    """Return whether an array that `column_array` gave holds texts."""
    return array.dtype == object


def _numbers_with_gaps(column: Any, missing: np.ndarray) -> np.ndarray:
    if not missing.any():
        kept: np.ndarray = column.to_numpy(dtype=_numpy_dtype(column.dtype))
        return kept
    filled: np.ndarray = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return filled


def _numpy_dtype(dtype: Any) -> np.dtype:
    """Return the dtype of NumPy that an extension dtype of pandas (or of pyarrow) stands for."""
    return np.dtype(dtype.numpy_dtype)


def _of_objects(values: np.ndarray, missing: np.ndarray, name: str) -> np.ndarray:
    there = values[~missing].tolist()
    if not there:
        return np.full(len(values), np.nan)
    for kind, read in ((str | bytes, _texts), (Real | Decimal, _numbers), (VECTORS, _vectors)):
        fitting = [isinstance(value, kind) for value in there]
        if all(fitting):
            return read(values, missing, name)
        if any(fitting):
            raise _mixed(values, missing, kind, name)
    raise InvalidTaskData(
        f"The column {name!r} holds neither numbers nor texts. Received: "
        f"`{type(there[0]).__name__}`. Convert it first, or leave it out."
    )


def _texts(values: np.ndarray, missing: np.ndarray, name: str) -> np.ndarray:
    texts = np.full(len(values), "", object)
    texts[~missing] = [
        value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
        for value in values[~missing].tolist()
    ]
    return texts


def _numbers(values: np.ndarray, missing: np.ndarray, name: str) -> np.ndarray:
    there = values[~missing].tolist()
    if not missing.any() and all(isinstance(value, bool) for value in there):
        return np.array(there, bool)
    numbers = np.full(len(values), np.nan)
    numbers[~missing] = [float(value) for value in there]
    return numbers


def _vectors(values: np.ndarray, missing: np.ndarray, name: str) -> np.ndarray:
    there = np.flatnonzero(~missing)
    shapes = {row: np.shape(values[row]) for row in there.tolist()}
    expected = shapes[int(there[0])]
    other = next((row for row, shape in shapes.items() if shape != expected), None)
    if other is not None:
        raise InvalidTaskData(
            f"The column {name!r} is ragged: the list in row {there[0]} has the shape {expected}, "
            f"that in row {other} {shapes[other]}. Cut or fill the lists to one length, for "
            "instance by `keras.utils.pad_sequences`."
        )
    stacked = np.stack([np.asarray(values[row]) for row in there.tolist()])
    if stacked.dtype.kind not in "biuf":
        raise InvalidTaskData(
            f"The column {name!r} holds lists of `{stacked.dtype}`; lists of numbers are expected."
        )
    if len(there) == len(values):
        return stacked
    filled = np.full((len(values), *expected), np.nan)
    filled[there] = stacked
    return filled


def _mixed(values: np.ndarray, missing: np.ndarray, kind: Any, name: str) -> InvalidTaskData:
    rows = np.flatnonzero(~missing).tolist()
    some = next(row for row in rows if isinstance(values[row], kind))
    other = next(row for row in rows if not isinstance(values[row], kind))
    return InvalidTaskData(
        f"The column {name!r} mixes kinds of values: row {some} holds {values[some]!r}, row "
        f"{other} {values[other]!r}. Convert it first, for instance by `frame[name].astype(str)` "
        'or `pandas.to_numeric(frame[name], errors="coerce")`.'
    )


def named(rows: Sequence[int] | np.ndarray, shown: int = 5) -> str:
    """Return the first row numbers as a list."""
    first = ", ".join(str(int(row)) for row in rows[:shown])
    return f"[{first}{', ...' if len(rows) > shown else ''}]"

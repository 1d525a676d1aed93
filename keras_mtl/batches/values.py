"""Conversion of everything that holds numbers or text to NumPy arrays."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Number
from typing import Any

import keras
import numpy as np

from keras_mtl.errors import InvalidInputs
from keras_mtl.keras_private.data_adapters import is_sparse_or_ragged

TEXT = (str, bytes)


def as_array(value: Any, what: str) -> np.ndarray:
    """Return numbers in the precision of the model, or text as objects.

    Args:
        value: An array, a tensor, a pandas object, a list. Nothing is copied that need not be.
        what: What messages call it.

    Raises:
        InvalidInputs: It is one value, has rows of several shapes, or lacks a value.
    """
    return in_floatx(dense_array(value, what))


def dense_array(value: Any, what: str) -> np.ndarray:
    """Return the same as `as_array`, but numbers in the precision in which they come."""
    if is_frame(value):
        return _of_frame(value, what)
    array = np.asarray(value) if isinstance(value, np.ndarray) else _converted(value, what)
    if array.ndim == 0:
        raise InvalidInputs(f"{what} must hold one row for each sample. Received: {_shown(value)}.")
    if array.dtype.kind in "UST":  # Text of a fixed width; as objects all text is of one dtype.
        return array.astype(object)
    return _of_objects(array, what) if array.dtype == object else array


def _converted(value: Any, what: str) -> np.ndarray:
    if hasattr(value, "iloc"):
        _refuse_gaps(value, what)
    if keras.ops.is_tensor(value):
        value = keras.ops.convert_to_numpy(value)
    try:
        return np.asarray(value)
    except (ValueError, TypeError) as error:
        raise InvalidInputs(f"{what}: no array of numbers or text ({error}).") from error


def in_floatx(array: np.ndarray) -> np.ndarray:
    """Return numbers in the precision that the model computes in, as `fit` converts them."""
    # bfloat16 and float8 are NumPy dtypes of kind V, of which only the name says "float".
    narrow = array.dtype.kind == "V" and "float" in array.dtype.name
    wide = array.dtype == np.float64
    with np.errstate(over="ignore"):  # What is too large becomes infinite, as in `fit`.
        return array.astype(keras.config.floatx()) if narrow or wide else array


def is_frame(value: Any) -> bool:
    """Return whether a value is a `pandas.DataFrame`; pandas need not be installed."""
    return hasattr(value, "iloc") and hasattr(value, "columns")


def is_text(array: np.ndarray) -> bool:
    """Return whether all values are text."""
    return array.dtype == object and all(isinstance(value, TEXT) for value in array.flat)


def by_column(frame: Any) -> dict[str, Any]:
    """Return the columns of a data frame by their names."""
    return dict(frame.items())


def as_structure(value: Any, what: str, *, by_columns: bool = False) -> Any:
    """Return a structure of arrays in which every leaf is one that Keras's adapters take.

    A sparse or ragged array, which they make dense batch by batch, stays as it is; numbers keep
    their precision. As in `fit` a `pandas.Series` becomes one column.

    Args:
        value: One array, or dicts, lists and tuples of them; None stays None.
        what: What messages call it.
        by_columns: Whether a data frame becomes a dict of its columns.
    """
    if by_columns and is_frame(value):
        value = by_column(value)
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {key: as_structure(one, f"{what}[{key!r}]") for key, one in value.items()}
    if isinstance(value, list | tuple) and value and all(map(_is_structure, value)):
        return [as_structure(one, f"{what}[{index}]") for index, one in enumerate(value)]
    return as_leaf(value, what)


def as_leaf(value: Any, what: str) -> Any:
    """Return one array as `as_structure` does; a list holds its rows."""
    if is_sparse_or_ragged(value):
        return value
    array = dense_array(value, what)
    return array[:, None] if hasattr(value, "iloc") and array.ndim == 1 else array


def as_tensors(structure: Any) -> Any:
    """Return a structure of arrays in which text is a tensor, which every verb of Keras takes.

    Keras itself takes text for text in one-dimensional arrays of `str` objects only.
    """
    return keras.tree.map_structure(_as_tensor, structure)


def _as_tensor(array: Any) -> Any:
    is_object = getattr(array, "dtype", None) == np.dtype(object)
    return keras.ops.convert_to_tensor(array, dtype="string") if is_object else array


def _is_structure(value: Any) -> bool:
    """Return whether an element of a list is an array of many rows, rather than a row."""
    return isinstance(value, Mapping) or len(getattr(value, "shape", ())) > 0


def _of_frame(frame: Any, what: str) -> np.ndarray:
    """Return the columns side by side; errors name the column."""
    columns = [
        dense_array(column, f"The column {name!r} of {_inner(what)}")
        for name, column in frame.items()
    ]
    objects = [column.dtype == object for column in columns]
    texts = [name for name, other in zip(frame.columns, objects, strict=True) if other]
    if texts and not all(objects):
        raise InvalidInputs(
            f"The column {texts[0]!r} of {_inner(what)} holds text, other columns hold numbers. "
            "Make an input of each column, or encode the text."
        )
    if not columns:
        raise InvalidInputs(f"{what}: the data frame has no columns.")
    return np.stack(columns, axis=1)


def _of_objects(array: np.ndarray, what: str) -> np.ndarray:
    """Return numbers if all values are numbers, else the objects; refuse missing values."""
    values = array.ravel().tolist()
    for index, value in enumerate(values):
        if _is_missing(value):
            raise _gap(index // (array.size // len(array)), what)
    if values and all(isinstance(value, Number) for value in values):
        return np.array(values).reshape(array.shape)
    return array


def _refuse_gaps(series: Any, what: str) -> None:
    """Refuse missing values in pandas' own dtypes: NumPy would give them a wrong value."""
    if not isinstance(series.dtype, np.dtype):  # In NumPy's dtypes NaN stays NaN.
        gaps = np.asarray(series.isna())
        if gaps.any():
            raise _gap(int(gaps.argmax()), what)


def _is_missing(value: Any) -> bool:
    """Return whether an object is a missing value: None, NaN, or pandas' NA and NaT."""
    not_a_number = isinstance(value, float) and value != value
    return value is None or type(value).__name__ in ("NAType", "NaTType") or not_a_number


def _gap(row: int, what: str) -> InvalidInputs:
    return InvalidInputs(
        f"{what}: the value in row {row} is missing. Fill the gaps, for instance with "
        '`fillna("")`, or leave these rows out.'
    )


def _inner(what: str) -> str:
    """Return what messages call a thing within a sentence."""
    return what[0].lower() + what[1:]


def _shown(value: Any) -> str:
    return repr(value) if np.ndim(value) == 0 and len(repr(value)) < 40 else type(value).__name__

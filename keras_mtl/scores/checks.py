"""The checks that the scores share; each returns the clean value."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_mtl.errors import InvalidFeatures, InvalidLabels
from keras_mtl.scores.spectrum import Floats

Codes = NDArray[np.intp]

SUM_TOLERANCE = 1e-3  # met by softmax outputs in half precision too


def check_features(features: ArrayLike) -> Floats:
    """Return the features as a finite float64 matrix `(samples, width)`."""
    matrix = _check_finite("features", features, InvalidFeatures)
    if matrix.ndim != 2:
        raise InvalidFeatures(
            "`features` must have the shape (samples, width). Pool or flatten feature maps first, "
            f"for example by `features.mean(axis=(1, 2))`. Received the shape: {matrix.shape}."
        )
    if matrix.size == 0:
        raise InvalidFeatures(f"`features` is empty. Received the shape: {matrix.shape}.")
    return matrix


def check_probabilities(probabilities: ArrayLike) -> Floats:
    """Return the source probabilities as a float64 matrix whose rows are distributions."""
    matrix = _check_finite("source_probabilities", probabilities, InvalidFeatures)
    if matrix.ndim != 2 or matrix.shape[1] < 2:
        raise InvalidFeatures(
            "`source_probabilities` must have the shape (samples, source classes). For a sigmoid "
            "output `p` of shape (samples, 1) pass `np.concatenate([1 - p, p], axis=1)`. "
            f"Received the shape: {matrix.shape}."
        )
    sums = matrix.sum(axis=1)
    wrong = (np.abs(sums - 1) > SUM_TOLERANCE) | (matrix < 0).any(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        raise InvalidFeatures(
            "Every row of `source_probabilities` must be non-negative and sum to one; apply a "
            f"softmax to logits first. Received: {int(wrong.sum())} of {len(matrix)} rows that do "
            f"not; row {row} has the minimum {matrix[row].min():.4g} and sums to {sums[row]:.4g}."
        )
    return matrix


def check_labels(labels: ArrayLike, samples: int, name: str = "labels") -> Codes:
    """Return the labels, of at least two classes, as codes `0 .. classes - 1`."""
    codes = encode_labels(labels, name)
    _check_length(name, len(codes), samples)
    if codes.max() == 0:
        raise InvalidLabels(
            f"`{name}` must hold two classes at least. Received one class: {np.ravel(labels)[0]}."
        )
    return codes


def encode_labels(labels: ArrayLike, name: str) -> Codes:
    """Return whole numbers of shape `(samples,)` or `(samples, 1)` as codes `0 .. classes - 1`."""
    array = as_array(name, labels, InvalidLabels)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.size == 0:
        raise InvalidLabels(
            f"`{name}` must have the shape (samples,), with one sample at least. For one-hot "
            f"labels pass `{name}.argmax(axis=1)`. Received the shape: {array.shape}."
        )
    _check_whole(name, array)
    return np.unique(array, return_inverse=True)[1]


def as_array(name: str, values: ArrayLike, error: type[ValueError]) -> NDArray[Any]:
    """Return an array; lists of different lengths side by side are none."""
    try:
        return np.asarray(values)
    except ValueError as cause:
        raise error(f"`{name}` must be an array with rows of one shape. {cause}") from cause


def check_targets(targets: ArrayLike, samples: int) -> Floats:
    """Return regression targets as a finite float64 matrix `(samples, targets)`."""
    array = _check_finite("targets", targets, InvalidLabels)
    if array.ndim not in (1, 2) or array.size == 0:
        raise InvalidLabels(
            "`targets` must have the shape (samples,) or (samples, targets). "
            f"Received the shape: {array.shape}."
        )
    _check_length("targets", len(array), samples)
    columns = array.reshape(samples, -1)
    constant = np.flatnonzero(np.ptp(columns, axis=0) == 0)
    if constant.size:
        raise InvalidLabels(
            "Every column of `targets` must vary. Received in column "
            f"{constant[0]}: {columns[0, constant[0]]:.4g} only."
        )
    return columns


def _check_whole(name: str, labels: NDArray[np.generic]) -> None:
    if labels.dtype.kind not in "biuf":
        raise InvalidLabels(
            f"`{name}` must be whole numbers; encode others by "
            f"`np.unique({name}, return_inverse=True)[1]`. Received the dtype: {labels.dtype}."
        )
    numbers = _check_finite(name, labels, InvalidLabels)
    fractional = numbers != np.floor(numbers)
    if fractional.any():
        row = int(fractional.argmax())
        raise InvalidLabels(
            f"`{name}` must be whole numbers; real ones go to `logme(..., kind='regression')`. "
            f"Received: {int(fractional.sum())} of {len(labels)} that are not; "
            f"row {row} is {numbers[row]:.4g}."
        )


def _check_length(name: str, length: int, samples: int) -> None:
    if length != samples:
        raise InvalidLabels(
            f"`{name}` must have one row for each of the {samples} samples. "
            f"Received: {length} rows."
        )


def _check_finite(name: str, values: ArrayLike, error: type[ValueError]) -> Floats:
    array = _check_real(name, as_array(name, values, error), error)
    wrong = ~np.isfinite(array)
    if wrong.any():
        nans = int(np.isnan(array).sum())
        first = tuple(np.argwhere(wrong)[0].tolist())
        raise error(
            f"`{name}` must be finite. Received: {nans} NaN and {int(wrong.sum()) - nans} infinite "
            f"values in the shape {array.shape}, the first at index {first}."
        )
    return array


def _check_real(name: str, values: NDArray[Any], error: type[ValueError]) -> Floats:
    try:
        if values.dtype.kind not in "cMmSU":  # Those of which NumPy would make numbers, too.
            return values.astype(np.float64, copy=False)
    except (TypeError, ValueError):  # Objects that are no numbers, such as a sparse matrix.
        pass
    raise error(f"`{name}` must be an array of real numbers. Received the dtype: {values.dtype}.")

"""Checks of features, probabilities and labels; each returns the clean value."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from keras_mtl.common.label_arrays import class_indices, label_array
from keras_mtl.common.number_arrays import check_finite, number_array
from keras_mtl.errors import InvalidFeatures, InvalidLabels
from keras_mtl.scores.spectrum import Floats

Codes = NDArray[np.intp]

SUM_TOLERANCE = 1e-3  # met by softmax outputs in half precision too


def check_features(features: ArrayLike) -> Floats:
    """Return the features as a finite float64 matrix `(samples, width)`."""
    matrix = _finite_floats("features", features)
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
    matrix = _finite_floats("source_probabilities", probabilities)
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
    subject = f"`{name}`"
    array = label_array(labels, subject)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.size == 0:
        raise InvalidLabels(
            f"{subject} must have the shape (samples,), with one sample at least. For one-hot "
            f"labels pass `{name}.argmax(axis=1)`. Received the shape: {array.shape}."
        )
    check_finite(array, subject, InvalidLabels)
    return np.unique(class_indices(array, subject), return_inverse=True)[1]


def check_targets(
    targets: ArrayLike, samples: int, name: str = "targets", *, some_vary: bool = False
) -> Floats:
    """Return regression targets as a finite float64 matrix `(samples, targets)`.

    Args:
        targets: What was given.
        samples: The number of rows that it must have.
        name: What messages call it.
        some_vary: Whether it is enough that some column varies.
    """
    subject = f"`{name}`"
    array = label_array(targets, subject).astype(np.float64, copy=False)
    check_finite(array, subject, InvalidLabels)
    if array.ndim > 2 or array.size == 0:
        raise InvalidLabels(
            f"{subject} must have the shape (samples,) or (samples, targets). "
            f"Received the shape: {array.shape}."
        )
    _check_length(name, len(array), samples)
    columns = array.reshape(samples, -1)
    constant = np.flatnonzero(np.ptp(columns, axis=0) == 0)
    if some_vary and constant.size == columns.shape[1]:
        raise InvalidLabels(f"No column of {subject} varies, so there is nothing to predict.")
    if constant.size and not some_vary:
        raise InvalidLabels(
            f"Every column of {subject} must vary. Received in column "
            f"{constant[0]}: {columns[0, constant[0]]:.4g} only."
        )
    return columns


def _check_length(name: str, length: int, samples: int) -> None:
    if length != samples:
        raise InvalidLabels(
            f"`{name}` must have one row for each of the {samples} samples. "
            f"Received: {length} rows."
        )


def _finite_floats(name: str, values: ArrayLike) -> Floats:
    array = number_array(values, f"`{name}`", InvalidFeatures).astype(np.float64, copy=False)
    check_finite(array, f"`{name}`", InvalidFeatures)
    return array

"""H-score: how far apart the classes lie in the features, whatever the features' scale."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.common.arguments import is_number
from keras_mtl.common.blas_threads import one_blas_thread
from keras_mtl.scores.checks import Codes, check_features, check_labels
from keras_mtl.scores.spectrum import Floats, spectrum


def h_score(
    features: ArrayLike, labels: ArrayLike, *, shrinkage: float | Literal["auto"] = 0.0
) -> float:
    """Sum of the squared canonical correlations between the features and the labels.

    Use it to compare layers or models by their features when there are many more samples than
    features. With as many features as samples every label can be fitted, and the plain score is
    at its maximum whatever the labels are: then use `shrinkage="auto"`, or `logme`.

    Args:
        features: Floats of shape `(samples, width)`. Redundant and constant columns are allowed.
        labels: Integers of shape `(samples,)`, at least two classes.
        shrinkage: How far the features' covariance is drawn towards a multiple of the identity,
            from 0 (not at all, the default) to 1; `"auto"` is the Ledoit-Wolf estimate.

    Returns:
        A value between 0 (the class means coincide) and `classes - 1` (the classes are
        separated). Higher is better. Without shrinkage it is the same for all invertible
        linear maps of the features.

    Raises:
        InvalidFeatures: The features are not a matrix, or hold NaN or infinite values.
        InvalidLabels: The labels' length differs, a label is not a whole number, or there is one
            class only.
        ValueError: `shrinkage` is neither `"auto"` nor between 0 and 1.

    Source:
        Bao et al., "An Information-Theoretic Approach to Transferability in Task Transfer
        Learning", 2019; shrinkage: Ibrahim, Ponomareva and Mazumder, "Newer is not always
        better: Rethinking transferability metrics, their peculiarities, stability and
        performance", 2022.

    Example:
        >>> import keras_mtl
        >>> round(keras_mtl.scores.h_score([[0.0], [0.0], [1.0], [1.0]], [0, 0, 1, 1]), 6)
        1.0
        >>> round(keras_mtl.scores.h_score([[0.0], [1.0], [0.0], [1.0]], [0, 0, 1, 1]), 6)
        0.0
    """
    _check_shrinkage(shrinkage)
    centred = _centre(check_features(features))
    codes = check_labels(labels, len(centred))
    with one_blas_thread():
        scales, energies, _ = spectrum(centred, _membership(codes))
    amount = _ledoit_wolf(centred, scales) if shrinkage == "auto" else shrinkage
    variances = (1 - amount) * scales**2
    shrunk = variances + amount * (scales**2).sum() / centred.shape[1]
    return float((energies @ (variances / shrunk)).sum())


def _centre(features: Floats) -> Floats:
    shifted = features - features[0]  # so that a constant column becomes exactly zero
    scaled = shifted / (np.abs(shifted).max() or 1.0)  # so that no square overflows
    return scaled - scaled.mean(axis=0)


def _membership(codes: Codes) -> Floats:
    """Return one column of unit norm for each class, of shape `(samples, classes)`."""
    counts = np.bincount(codes)
    return np.eye(len(counts))[codes] / np.sqrt(counts)


def _check_shrinkage(shrinkage: object) -> None:
    if isinstance(shrinkage, str) and shrinkage == "auto":
        return
    if not is_number(shrinkage) or not 0 <= shrinkage <= 1:
        raise ValueError(f"`shrinkage` is 'auto' or between 0 and 1. Received: {shrinkage!r}.")


def _ledoit_wolf(centred: Floats, scales: Floats) -> float:
    """Return the shrinkage that minimises the expected error (Ledoit and Wolf, 2004)."""
    samples, width = centred.shape
    eigenvalues = scales**2 / samples
    norms = (centred**2).sum(axis=1)
    distance = (eigenvalues**2).sum() - eigenvalues.sum() ** 2 / width
    error = ((norms**2).sum() / samples - (eigenvalues**2).sum()) / samples
    return float(min(error / distance, 1.0)) if distance > 0 else 0.0

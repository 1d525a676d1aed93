"""LogME: how well a linear model on the features explains the labels, judged by its evidence."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.common.arguments import one_of
from keras_mtl.common.blas_threads import one_blas_thread
from keras_mtl.scores.checks import check_features, check_labels, check_targets
from keras_mtl.scores.evidence import maximum_evidence
from keras_mtl.scores.spectrum import Floats

Kind = Literal["classification", "regression"]


def logme(features: ArrayLike, targets: ArrayLike, kind: Kind = "classification") -> float:
    """Log of the maximum evidence of the labels under a linear model of the features.

    Use it to compare layers or models by their features: it takes the number of features into
    account, so it neither overfits nor saturates when features outnumber samples.

    Args:
        features: Floats of shape `(samples, width)`. Their scale does not matter, a constant
            column acts as an intercept; do not centre them, the model has no other intercept.
        targets: For classification, integers of shape `(samples,)`, at least two classes. For
            regression, floats of shape `(samples,)` or `(samples, targets)`.
        kind: `"classification"` (the default: one-hot targets) or `"regression"`.

    Returns:
        The maximum over `alpha` and `beta` of `log N(y; 0, I / beta + F F^T / alpha)`, divided by
        the number of samples and averaged over the classes or targets. Higher is better. It is
        `inf` when a target lies exactly in the span of features of a lower rank than there are
        samples, where the evidence has no maximum.

    Raises:
        InvalidFeatures: The features are not a matrix, or hold NaN or infinite values.
        InvalidLabels: The targets' length differs, a class label is not a whole number, there is
            one class only, or a real target is constant, NaN or infinite.
        ValueError: `kind` is unknown.

    Source:
        You, Liu, Wang and Long, "LogME: Practical Assessment of Pre-trained Models for Transfer
        Learning", 2021. The evidence is maximised directly here; the published fixed-point
        iteration drops a term when features outnumber samples and stops before it converges.

    Example:
        >>> import keras_mtl
        >>> labels = [0, 0, 1, 1]
        >>> features = [[1.0, 0.1], [0.9, 0.0], [0.1, 1.0], [0.0, 0.9]]
        >>> round(keras_mtl.scores.logme(features, labels), 3)
        -0.092
        >>> useless = [[0.0], [0.0], [0.0], [0.0]]
        >>> round(keras_mtl.scores.logme(useless, labels), 3)
        -1.072
    """
    matrix = check_features(features)
    columns = _target_columns(targets, len(matrix), kind)
    with one_blas_thread():
        return float(maximum_evidence(matrix, columns).mean())


def _target_columns(targets: ArrayLike, samples: int, kind: Kind) -> Floats:
    if one_of("kind", kind, get_args(Kind)) == "regression":
        return check_targets(targets, samples)
    codes = check_labels(targets, samples, name="targets")
    return np.eye(codes.max() + 1)[codes]

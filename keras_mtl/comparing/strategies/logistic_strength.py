"""A logistic regression whose penalty is chosen by cross-validation."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from keras_mtl.linear.losses import OutputLoss, SigmoidLoss, SoftmaxLoss
from keras_mtl.linear.minimum import Rows
from keras_mtl.linear.solving import cross_validated_strengths, suited_directions, suited_threads

ITERATIONS = 1000
TOLERANCE = 1e-6
"""Below scikit-learn's default, with which a strong penalty on few samples stops halfway."""


def fitted_logistic(features: np.ndarray, labels: np.ndarray, weights: Any) -> LogisticRegression:
    """Return a logistic regression of the strength of the smallest cross-validated loss.

    The strength is chosen as that of a solved head is. Where it pays all is done in principal axes,
    in which the penalty is the same.

    Args:
        features: Standardised features, of shape `(samples, width)`.
        labels: The class of each sample, at least two different ones.
        weights: The weight of each sample; None for equal ones.
    """
    weights = np.ones(len(labels)) if weights is None else weights / np.mean(weights)
    loss, targets = _loss_of(labels)
    with suited_threads(features):
        directions = suited_directions(features)
        inner = features if directions is None else features @ directions
        rows = Rows(inner, targets, weights).of(weights > 0)
        strength = float(cross_validated_strengths(loss, rows)[0])
        model = LogisticRegression(C=1 / strength, max_iter=ITERATIONS, tol=TOLERANCE)
        model.fit(inner, labels, weights)
    if directions is not None:
        model.coef_ = model.coef_ @ directions.T
        model.n_features_in_ = len(directions)
    return model


def _loss_of(labels: np.ndarray) -> tuple[OutputLoss, np.ndarray]:
    """Return the loss that scikit-learn minimises, and the labels as its targets."""
    classes, codes = np.unique(labels, return_inverse=True)
    if len(classes) == 2:
        return SigmoidLoss(), codes[:, None].astype(np.float64)
    return SoftmaxLoss(), np.eye(len(classes))[codes]

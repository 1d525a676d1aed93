"""A logistic regression whose penalty is chosen by cross-validation."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from keras_mtl.linear.axes import principal_axes
from keras_mtl.linear.folds import stratified_folds
from keras_mtl.linear.solving import FOLDS, MOST_COMPARED
from keras_mtl.linear.strengths import DEFAULT, STRENGTHS

ITERATIONS = 1000
TOLERANCE = 1e-3
"""Tolerance of the fits that are only compared."""


def fitted_logistic(features: np.ndarray, labels: np.ndarray, weights: Any) -> LogisticRegression:
    """Return a logistic regression of the strength of the smallest cross-validated loss.

    Where there are fewer samples than features it is solved in the space that the samples span: the
    penalty is the same in all rotated axes, and the solution lies in that space.

    Args:
        features: Standardised features, of shape `(samples, width)`.
        labels: The class of each sample, at least two different ones.
        weights: The weight of each sample; None for equal ones.
    """
    directions = None
    if len(features) < features.shape[1]:
        directions = principal_axes(features).directions
    inner = features if directions is None else features @ directions
    model = LogisticRegression(C=1 / _best_strength(inner, labels), max_iter=ITERATIONS)
    model.fit(inner, labels, weights)
    if directions is not None:
        model.coef_ = model.coef_ @ directions.T
        model.n_features_in_ = len(directions)
    return model


def _best_strength(features: np.ndarray, labels: np.ndarray) -> float:
    """Return the strength of the smallest loss on what is left out, from the strongest down."""
    _, codes = np.unique(labels, return_inverse=True)
    parts = -(-len(codes) // MOST_COMPARED)
    if parts > 1:
        chosen = stratified_folds(codes, parts) == 0
        features, codes = features[chosen], codes[chosen]
    dealt = stratified_folds(codes, FOLDS)
    folds = [dealt == fold for fold in range(FOLDS) if (dealt == fold).any()]
    models = [
        LogisticRegression(max_iter=ITERATIONS, tol=TOLERANCE, warm_start=True) for _ in folds
    ]
    best, least = DEFAULT, np.inf
    for strength in STRENGTHS if folds else ():
        loss = sum(
            _held_out_loss(model.set_params(C=1 / strength), features, codes, fold)
            for model, fold in zip(models, folds, strict=True)
        )
        if loss < least:
            best, least = float(strength), loss
        elif strength < DEFAULT:
            break
    return best


def _held_out_loss(
    model: LogisticRegression, features: np.ndarray, codes: np.ndarray, held_out: np.ndarray
) -> float:
    model.fit(features[~held_out], codes[~held_out])
    probabilities = model.predict_proba(features[held_out])
    loss = log_loss(codes[held_out], probabilities, normalize=False, labels=model.classes_)
    return float(loss)

"""Fitted classifiers and regressors of scikit-learn as layers of Keras."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    Ridge,
    RidgeClassifier,
    RidgeClassifierCV,
    RidgeCV,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import LinearSVC

from keras_mtl.exporting.estimators.neighbours_layer import EUCLIDEAN, MANHATTAN, Neighbours
from keras_mtl.exporting.estimators.transformers import dense
from keras_mtl.keras_private.learnt_samples import learnt_samples, learnt_targets


@dataclass(frozen=True)
class Predicting:
    """The last step of a pipeline as a layer.

    Attributes:
        layer: It gives probabilities, scores of classes, or numbers.
        method: The method of scikit-learn that gives the same.
        kind: The kind of the task.
        decoding: How classes are told from the numbers, None for numbers.
        classes: The classes in their order, None for numbers.
        threshold: Above which number the second of two classes holds, where there is one number.
    """

    layer: keras.layers.Layer
    method: str
    kind: str = "classification"
    decoding: str | None = "argmax"
    classes: np.ndarray | None = None
    threshold: float = 0.5


def _logistic(step: LogisticRegression) -> Predicting:
    kernel, bias = np.atleast_2d(step.coef_).T, np.atleast_1d(step.intercept_)
    if kernel.shape[1] == 1:  # The softmax of 0 and the logit is the sigmoid of the logit.
        kernel, bias = np.hstack([0 * kernel, kernel]), np.append(0, bias)
    layer = dense(kernel, np.broadcast_to(bias, kernel.shape[1]), "softmax")
    return Predicting(layer, "predict_proba", classes=step.classes_)


def _scores(step: Any) -> Predicting:
    """Return the scores of a classifier without probabilities; of two classes a single one."""
    classes = np.asarray(step.classes_)
    if classes.ndim != 1:
        raise ValueError(f"`{type(step).__name__}` was fitted to several labels a sample.")
    kernel = np.atleast_2d(step.coef_).T
    layer = dense(kernel, np.broadcast_to(step.intercept_, kernel.shape[1]))
    if kernel.shape[1] == 1:
        return Predicting(layer, "decision_function", "binary", "threshold", classes, 0.0)
    return Predicting(layer, "decision_function", classes=classes)


def _numbers(step: Any) -> Predicting:
    kernel = np.atleast_2d(step.coef_).T
    layer = dense(kernel, np.broadcast_to(step.intercept_, kernel.shape[1]))
    return Predicting(layer, "predict", "regression", None)


def _neighbours_classifier(step: KNeighborsClassifier) -> Predicting:
    if step.outputs_2d_:
        raise ValueError("`KNeighborsClassifier` was fitted to several labels a sample.")
    one_hot = np.eye(len(step.classes_))[learnt_targets(step)]
    return Predicting(_neighbours(step, one_hot), "predict_proba", classes=step.classes_)


def _neighbours_regressor(step: KNeighborsRegressor) -> Predicting:
    targets = learnt_targets(step)
    layer = _neighbours(step, targets.reshape(len(targets), -1))
    return Predicting(layer, "predict", "regression", None)


def _neighbours(step: Any, targets: np.ndarray) -> Neighbours:
    metric = {"l2": EUCLIDEAN, "l1": MANHATTAN, "cityblock": MANHATTAN}.get(
        step.effective_metric_, step.effective_metric_
    )
    if metric not in (EUCLIDEAN, MANHATTAN) or step.weights not in ("uniform", "distance"):
        raise ValueError(
            f"`{type(step).__name__}` with `metric={step.metric!r}` and `weights={step.weights!r}`:"
            ' only Euclidean and Manhattan distances, and `weights="uniform"` or `"distance"`, '
            "become a layer."
        )
    samples = learnt_samples(step).astype(np.float32)
    layer = Neighbours(
        len(samples),
        targets.shape[1],
        step.n_neighbors,
        metric,
        step.weights == "distance",
        dtype="float32",
    )
    layer.build((None, samples.shape[1]))
    layer.set_weights([samples, targets])
    return layer


PREDICTORS: dict[type, Callable[[Any], Predicting]] = {
    KNeighborsClassifier: _neighbours_classifier,
    KNeighborsRegressor: _neighbours_regressor,
    LogisticRegression: _logistic,
    LogisticRegressionCV: _logistic,
    LinearSVC: _scores,
    RidgeClassifier: _scores,
    RidgeClassifierCV: _scores,
    Ridge: _numbers,
    RidgeCV: _numbers,
    LinearRegression: _numbers,
}
"""For each estimator the function that gives its layer."""

"""Nearest neighbours among the features."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from keras_mtl.comparing.strategies.fitted_features import FeatureStrategy
from keras_mtl.comparing.strategies.known_strategies import STRATEGIES
from keras_mtl.comparing.strategies.shrunk_scaler import shrunk_scaler

NEIGHBOURS = (1, 3, 5, 9, 15)
"""Numbers of neighbours that are tried; of equally good ones the smallest is taken."""


@STRATEGIES.register
class FeaturesKnn(FeatureStrategy):
    """Predicts the majority, or the mean, of the labels of the nearest samples.

    Whether the features are standardised, and the number of neighbours, are those with which each
    sample is predicted best from all others. Weights of samples are not used.
    """

    name = "features+knn"

    def _classifier(self, features: np.ndarray, labels: np.ndarray, weights: Any) -> Pipeline:
        return _best(KNeighborsClassifier, features, labels)

    def _regressor(self, features: np.ndarray, labels: np.ndarray, weights: Any) -> Pipeline:
        return _best(KNeighborsRegressor, features, labels)


def _best(make: Any, features: np.ndarray, labels: np.ndarray) -> Pipeline:
    """Return the neighbours with the best score where each sample is left out in turn."""
    counts = [count for count in NEIGHBOURS if count < len(labels)]
    scalers = [FunctionTransformer(), shrunk_scaler(features)]
    ways = [
        make_pipeline(scaler, make(count).fit(scaler.transform(features), labels))
        for count in counts or [1]
        for scaler in scalers
    ]
    if not counts:
        return ways[0]
    # `X=None` predicts each sample without itself. The first of equal scores is taken.
    return ways[int(np.argmax([way[-1].score(None, labels) for way in ways]))]

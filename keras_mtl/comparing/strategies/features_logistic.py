"""Logistic regression, or ridge regression, on the features."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline

from keras_mtl.comparing.strategies.fitted_features import FeatureStrategy
from keras_mtl.comparing.strategies.known_strategies import STRATEGIES
from keras_mtl.comparing.strategies.logistic_strength import fitted_logistic
from keras_mtl.comparing.strategies.shrunk_scaler import shrunk_scaler
from keras_mtl.linear.strengths import STRENGTHS


@STRATEGIES.register
class FeaturesLogistic(FeatureStrategy):
    """Fits scikit-learn's logistic regression, for numbers its ridge regression.

    The features are standardised. The strength of the penalty is chosen by cross-validation, for
    ridge regression by leaving each sample out.
    """

    name = "features+logistic"

    def _classifier(self, features: np.ndarray, labels: np.ndarray, weights: Any) -> Pipeline:
        scaler = shrunk_scaler(features)
        return make_pipeline(scaler, fitted_logistic(scaler.transform(features), labels, weights))

    def _regressor(self, features: np.ndarray, labels: np.ndarray, weights: Any) -> Pipeline:
        scaler = shrunk_scaler(features)
        several = labels.ndim > 1 and labels.shape[1] > 1
        ridge = RidgeCV(STRENGTHS, alpha_per_target=several)
        return make_pipeline(scaler, ridge.fit(scaler.transform(features), labels, weights))

    def _parameters(self, estimator: Any) -> int:
        return int(np.size(estimator.coef_) + np.size(estimator.intercept_))

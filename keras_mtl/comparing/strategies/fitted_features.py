"""An estimator of scikit-learn on the features of a static trunk."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from keras_mtl.comparing.strategies.strategy import Fitted, Strategy, TransferTask
from keras_mtl.estimators.feature_extractor import FeatureExtractor
from keras_mtl.estimators.samples import LabelledSamples, Samples


class FittedFeatures(Fitted):
    """A fitted estimator on the features at a cut.

    Args:
        task: What all runs share.
        cut: The last layer that is kept.
        estimator: The estimator, fitted to features and to labels as they were given.
        parameters: Number of parameters that were trained.
    """

    def __init__(self, task: TransferTask, cut: str, estimator: Pipeline, parameters: int) -> None:
        self._task = task
        self._cut = cut
        self._estimator = estimator
        self.parameters = parameters
        self.history = {}

    def predict(self, samples: Samples) -> np.ndarray:
        """Return the labels that the estimator predicts from the features."""
        predicted: np.ndarray = self._estimator.predict(
            samples.features(self._task.vectors(self._cut))
        )
        return predicted

    def model(self) -> Pipeline:
        """Return a pipeline from inputs to labels: a `FeatureExtractor`, then the estimator."""
        extractor = FeatureExtractor(
            self._task.model,
            self._cut,
            pooling=self._task.pooling,
            batch_size=self._task.batch_size,
        )
        return Pipeline([("features", extractor), *self._estimator.steps])


class FeatureStrategy(Strategy):
    """A strategy that fits an estimator of scikit-learn to the features of the static trunk."""

    def fit(self, task: TransferTask, cut: str, data: LabelledSamples, seed: int) -> FittedFeatures:
        """Fit the estimator to the labels in the form in which they were given."""
        del seed  # Folds do not depend on it, so that runs differ by their labels only.
        features = data.samples.features(task.vectors(cut)).astype(np.float64)
        labels = task.labels.decode(task.labels.targets(data.values))
        if task.labels.unit(data.values) is None:
            estimator = self._classifier(features, labels, data.weights)
        else:
            estimator = self._regressor(features, labels, data.weights)
        return FittedFeatures(task, cut, estimator, self._parameters(estimator[-1]))

    @abstractmethod
    def _classifier(self, features: np.ndarray, labels: np.ndarray, weights: Any) -> Pipeline:
        """Return a classifier fitted to labelled features."""

    @abstractmethod
    def _regressor(self, features: np.ndarray, labels: np.ndarray, weights: Any) -> Pipeline:
        """Return a regressor fitted to labelled features."""

    def _parameters(self, estimator: Any) -> int:
        """Return the number of parameters of a fitted estimator; of neighbours there are none."""
        del estimator
        return 0

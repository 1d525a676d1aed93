"""The frozen strategy: a static trunk and a solved head."""

from __future__ import annotations

import numpy as np

from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.estimators.strategies.fitted_head import FittedHead
from keras_mtl.estimators.strategies.known_strategies import STRATEGIES
from keras_mtl.estimators.strategies.strategy import Setting, Strategy
from keras_mtl.linear.minimum import Rows
from keras_mtl.linear.solving import solve


@STRATEGIES.register
class Frozen(Strategy):
    """Solves the head on the features of the static trunk; no network is trained."""

    name = "frozen"
    cost = 0

    def fit(self, setting: Setting, data: LabelledSamples) -> FittedHead:
        """Return the static trunk with the solved head."""
        labels, weights = setting.labels, data.weights
        if weights is None:
            weights = np.ones(len(data.values))
        features = data.samples.features(setting.vectors)
        rows = Rows(features, labels.targets(data.values), weights)
        fitted = FittedHead(setting, solve(labels.loss, rows).model)
        metrics = labels.metrics(data.values, fitted.outputs(data.samples), weights)
        fitted.history = {name: [value] for name, value in metrics.items()}
        return fitted

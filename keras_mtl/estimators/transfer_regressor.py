"""The whole of a transfer as a scikit-learn regressor."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin

from keras_mtl.estimators.labels.number_form import NumberForm
from keras_mtl.estimators.transfer_estimator import TransferEstimator


class TransferRegressor(RegressorMixin, TransferEstimator):
    """Train a regressor for a new task by transfer from a trained model, as scikit-learn does.

    It is to measured numbers what `TransferClassifier` is to classes, and has the same arguments.
    The solved head is a ridge regression; strategies are compared by their cross-validated R².
    Labels of shape `(samples, targets)` are several numbers for each sample.

    Args:
        model: As for `TransferClassifier`.
        cut: As for `TransferClassifier`.
        strategy: As for `TransferClassifier`.
        pooling: As for `TransferClassifier`.
        epochs: As for `TransferClassifier`.
        cv: As for `TransferClassifier`.
        batch_size: As for `TransferClassifier`.
        random_state: As for `TransferClassifier`.
        verbose: As for `TransferClassifier`.

    Attributes:
        cut_: Where the model was cut.
        strategy_: The strategy that was used.
        model_: The fitted model, a `TransferModel`, which predicts in the unit of the labels.
        history_: The metrics of the training by epoch, of labels scaled to a standard deviation of
            1.
        probes_: How each depth scored, a `Probes` table; None if `cut` is given.
        cv_results_: How each strategy scored; None if `strategy` is given.
        n_features_in_: The second dimension of the `X` seen by `fit`, if `X` is one array.
        feature_names_in_: The columns of the `X` seen by `fit`, if it is a data frame.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> trained = keras.Sequential([
        ...     keras.Input((4,)),
        ...     keras.layers.Dense(16, activation="relu", name="features"),
        ...     keras.layers.Dense(1, name="price"),
        ... ])
        >>> x = np.random.default_rng(0).normal(size=(40, 4))
        >>> regressor = keras_mtl.TransferRegressor(trained, cut="features", random_state=0)
        >>> regressor.fit(x, np.abs(x[:, 0])).predict(x).shape
        (40,)
    """

    @classmethod
    def _read_labels(cls, y: Any, samples: int) -> tuple[NumberForm, np.ndarray]:
        return NumberForm.read(y, samples)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

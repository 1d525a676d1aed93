"""An object that predicts as scikit-learn's do, as a predictor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, Protocol

import keras
import numpy as np
from sklearn.base import BaseEstimator, is_regressor

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.values import is_frame
from keras_mtl.errors import InvalidFeatures
from keras_mtl.estimators.input_arrays import check_inputs
from keras_mtl.estimators.transfer_estimator import TransferEstimator
from keras_mtl.explaining.kept_rows import Row
from keras_mtl.explaining.keras_predictor import KerasPredictor
from keras_mtl.explaining.labelled_batches import check_count, labelled_batches, recognised
from keras_mtl.explaining.output_meaning import OutputMeaning
from keras_mtl.explaining.predictor import Answered, Predictor
from keras_mtl.heads.labels import without_tensor


class Predicts(Protocol):
    """A fitted object that predicts labels, as those of scikit-learn do."""

    def predict(self, X: Any, /) -> Any:
        """Return a label for each row."""


class EstimatorPredictor(Predictor):
    """An object with `predict` and perhaps `predict_proba`, which are called once, on all rows.

    Args:
        estimator: The object, fitted.
        task: Which of several labels, where batches have a dict of them.
    """

    def __init__(self, estimator: Predicts, task: str | None) -> None:
        self.estimator = estimator
        self.task = task
        self.name = type(estimator).__name__
        probabilities = getattr(estimator, "predict_proba", None)
        self.gives_probabilities = callable(probabilities)
        self._predict = probabilities if callable(probabilities) else estimator.predict

    @cached_property
    def meaning(self) -> OutputMeaning:
        """What the estimator tells of its classes."""
        estimator = self.estimator
        if isinstance(estimator, BaseEstimator) and is_regressor(estimator):
            return OutputMeaning("regression", "linear", is_certain=True)
        values = getattr(estimator, "classes_", None)
        return OutputMeaning(
            function="softmax" if self.gives_probabilities else None,
            values=None if values is None else np.asarray(values),
            are_labels=not self.gives_probabilities,
        )

    def answers(self, x: Any, y: Any) -> Iterator[Answered]:
        """Yield all rows at once; batches are put together first."""
        source = recognised(x, y)
        if not isinstance(source, ArraySource):
            x, y = self._whole(labelled_batches(source, self.task))
        x = _without_list_of_one(without_tensor(x), y)
        rows = _count(x, y)
        if not rows:
            raise InvalidFeatures("There are no samples in `x`.")
        check_count(rows, y)
        outputs = np.asarray(without_tensor(self._predict(x)))
        if outputs.ndim > 2 or len(outputs) != rows:
            raise InvalidFeatures(
                f"`{self.name}` must predict one class, or number, for each of the {rows} "
                f"rows. Received predictions of the shape {outputs.shape}."
            )
        yield Answered(self._inputs(x, y), outputs, y)

    def heat(self, rows: Sequence[Row], outputs: Sequence[int]) -> list[np.ndarray] | None:
        """Return class activation maps of the Keras model of an estimator of ours."""
        if not isinstance(self.estimator, TransferEstimator):
            return None
        inner = KerasPredictor(self.estimator.model_, None, None, 0)
        return inner.heat(rows, outputs)

    def _whole(self, batches: Iterator[tuple[Any, Any]]) -> tuple[Any, Any]:
        inputs, labels = zip(*batches, strict=True)
        arrays = [keras.tree.map_structure(without_tensor, one) for one in inputs]
        x = keras.tree.map_structure(lambda *parts: np.concatenate(parts), *arrays)
        return x, np.concatenate([np.asarray(without_tensor(one)) for one in labels])

    def _inputs(self, x: Any, y: Any) -> list[np.ndarray]:
        """Return an array for each input, to keep rows of."""
        if isinstance(self.estimator, TransferEstimator):
            return check_inputs(self.estimator.model, x)
        if _holds_inputs(x, y):
            return [np.asarray(value) for value in x]
        if is_frame(x) or not isinstance(x, dict):
            return [np.asarray(x)]
        return [np.asarray(value) for value in x.values()]


def _without_list_of_one(x: Any, y: Any) -> Any:
    """Return the array of a list of one, as models of old files take their only input."""
    return x[0] if _holds_inputs(x, y) and len(x) == 1 else x


def _count(x: Any, y: Any) -> int:
    """Return the number of rows."""
    if _holds_inputs(x, y):
        return len(x[0])
    return len(next(iter(x.values()))) if isinstance(x, dict) else len(x)


def _holds_inputs(x: Any, y: Any) -> bool:
    """Return whether a list holds an array for each input, rather than rows."""
    arrays = isinstance(x, list | tuple) and x and all(np.ndim(value) > 0 for value in x)
    return bool(arrays) and len(x) != len(y) == len(x[0])

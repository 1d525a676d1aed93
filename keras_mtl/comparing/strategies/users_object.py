"""A strategy of the user's: an object with `fit` and `predict`."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Protocol, runtime_checkable

import keras
import numpy as np

from keras_mtl.comparing.strategies.given_inputs import Back
from keras_mtl.comparing.strategies.strategy import Fitted, Strategy, TransferTask
from keras_mtl.errors import InvalidLabels
from keras_mtl.estimators.samples import LabelledSamples, Samples
from keras_mtl.surgery.whole_copy import whole_copy


@runtime_checkable
class FitsAndPredicts(Protocol):
    """What `compare` takes as a strategy of the user's."""

    def fit(self, model: keras.Model, cut: str, x: Any, y: Any, seed: int) -> Any:
        """Train on labelled samples.

        Args:
            model: A copy of the trained network, which may be changed.
            cut: The last layer that is kept.
            x: Inputs as they were given to `compare`: an array, a list, a dict or a data frame.
            y: Their labels as they were given.
            seed: Seed of all that is random.
        """

    def predict(self, x: Any) -> Any:
        """Return a label for each sample, in the form of `y`."""


class FittedUsersObject(Fitted):
    """What an object of the user's has learnt.

    The number of parameters is not known; it counts as 0.
    """

    parameters = 0

    def __init__(self, name: str, learner: FitsAndPredicts, back: Back, like: np.ndarray) -> None:
        self._name = name
        self._learner = learner
        self._back = back
        self._like = like
        self.history = {}

    def predict(self, samples: Samples) -> np.ndarray:
        """Return the labels that the object predicts.

        Raises:
            InvalidLabels: They do not have the shape of the labels given, or are not finite.
        """
        labels = np.asarray(self._learner.predict(self._back(samples.inputs)))
        expected = (len(samples), *self._like.shape[1:])
        if labels.shape != expected and labels.size == np.prod(expected):
            labels = labels.reshape(expected)
        if labels.shape != expected:
            raise InvalidLabels(
                f"`{self._name}.predict` must return labels of the shape {expected}, one for each "
                f"sample in the form of `y`. Received: {labels.shape}."
            )
        if labels.dtype.kind in "fc" and not np.isfinite(labels).all():
            raise InvalidLabels(f"`{self._name}.predict` returned NaN or infinite values.")
        return labels

    def model(self) -> FitsAndPredicts:
        """Return the object itself: each run trains a copy of the object that was given."""
        return self._learner


class UsersObject(Strategy):
    """Lets a copy of an object of the user's learn from each subset of the labels.

    Args:
        name: Name of the strategy.
        learner: The object, which is not changed.
        back: Brings inputs back into the form in which they were given.
    """

    def __init__(self, name: str, learner: FitsAndPredicts, back: Back) -> None:
        self.name = name
        self._learner = learner
        self._back = back

    def fit(
        self, task: TransferTask, cut: str, data: LabelledSamples, seed: int
    ) -> FittedUsersObject:
        """Call `fit` of a copy of the object with a copy of the trained network.

        Raises:
            TypeError: The object cannot be copied.
        """
        labels = task.labels.decode(task.labels.targets(data.values))
        learner = self._copy()
        inputs = self._back(data.samples.inputs)
        learner.fit(whole_copy(task.model), cut, inputs, labels, seed)
        return FittedUsersObject(self.name, learner, self._back, labels)

    def _copy(self) -> FitsAndPredicts:
        try:
            return deepcopy(self._learner)
        except Exception as error:
            raise TypeError(
                f"The strategy {self.name!r} cannot be copied, and each run needs a fresh copy: "
                f"{error} Make what cannot be copied in `fit`."
            ) from error

"""The contract of a form of labels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from keras_mtl.errors import InvalidLabels
from keras_mtl.estimators.labels.unit import Unit
from keras_mtl.heads.head import Head
from keras_mtl.heads.labels import without_tensor
from keras_mtl.heads.pooling import Pooling
from keras_mtl.linear.losses import OutputLoss

Floats = NDArray[np.float64]


class LabelForm(ABC):
    """What the labels of a task are, and how a head learns and predicts them.

    Values are the labels as numbers, with a row for each sample, as a `Head` takes them.

    Attributes:
        loss: The loss of the head as one of linear outputs.
    """

    loss: OutputLoss

    @classmethod
    @abstractmethod
    def read(cls, y: Any, samples: int) -> tuple[Self, np.ndarray]:
        """Return the form of labels, and their values.

        Args:
            y: The labels as given.
            samples: Number of samples.

        Raises:
            InvalidLabels: They are not of this form, or not as many as samples.
        """

    def check(self, values: np.ndarray) -> None:
        """Refuse labels that nothing can be learnt from.

        Raises:
            InvalidLabels: They are too few.
        """
        if not self.is_enough(values):
            raise InvalidLabels(self._too_few(values))

    @abstractmethod
    def _too_few(self, values: np.ndarray) -> str:
        """Return the message for labels that are too few."""

    @abstractmethod
    def is_enough(self, values: np.ndarray) -> bool:
        """Return whether something can be learnt from labels."""

    @abstractmethod
    def can_rank(self, values: np.ndarray) -> bool:
        """Return whether labels tell features apart that predict samples left out."""

    @abstractmethod
    def strata(self, values: np.ndarray) -> np.ndarray:
        """Return a whole number for each label; a part of the labels holds its share of each."""

    @abstractmethod
    def head(self, pooling: Pooling) -> Head:
        """Return a new head for such labels."""

    @abstractmethod
    def targets(self, values: np.ndarray) -> Floats:
        """Return labels as targets of the loss, of shape `(samples, units)`."""

    @abstractmethod
    def metrics(self, values: np.ndarray, outputs: Floats, weights: Floats) -> dict[str, float]:
        """Return the loss and the metric of a head, as Keras calls them."""

    def unit(self, values: np.ndarray) -> Unit | None:
        """Return the unit of the labels, in which a network learns them; None for classes."""
        return None

    @abstractmethod
    def activate(self, linear: Floats) -> Floats:
        """Return linear outputs after the activation of the head, in double precision."""

    @abstractmethod
    def decode(self, outputs: Floats) -> np.ndarray:
        """Return the outputs of the head in the form of the labels given."""

    @abstractmethod
    def values_of(self, y: Any, samples: int) -> np.ndarray:
        """Return the values of further labels of the same task.

        Args:
            y: The labels as given.
            samples: Number of samples.

        Raises:
            InvalidLabels: They are not of this form, or not as many as samples.
        """

    @abstractmethod
    def gains_of_labels(
        self, values: np.ndarray, predicted: np.ndarray, scale: np.ndarray
    ) -> Floats:
        """Return the same as `gains` for predicted labels, as `decode` returns them."""

    @abstractmethod
    def gains(self, values: np.ndarray, outputs: Floats, scale: np.ndarray) -> Floats:
        """Return how good outputs are for each sample; the mean is an accuracy, or R².

        Args:
            values: The labels of the samples.
            outputs: What a head gives for them.
            scale: The standard deviation of the labels of all samples.
        """


def label_column(y: Any, samples: int) -> Any:
    """Return labels as an array or a pandas object, if there is one for each sample.

    Raises:
        InvalidLabels: They are missing, no array, or another number of them than of samples.
    """
    if y is None:
        raise InvalidLabels(
            "`fit` requires y to be passed, but the target y is None: give a label for each sample."
        )
    array = y if hasattr(y, "iloc") else np.asarray(without_tensor(y))
    if array.ndim == 0:
        raise InvalidLabels(f"`y` is an array with a label for each sample. Received: {y!r}.")
    if len(array) != samples:
        raise InvalidLabels(
            f"`y` must have a label for each sample. Received: {len(array)} labels and {samples} "
            "samples in `X`."
        )
    return array

"""The contract of a strategy: a way to train for a new task."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from keras_mtl.estimators.batched_model import BatchedModel
from keras_mtl.estimators.labels.label_form import Floats, LabelForm
from keras_mtl.estimators.samples import LabelledSamples, Samples
from keras_mtl.heads.pooling import Pooling
from keras_mtl.models.transfer_model import TransferModel


@dataclass(frozen=True)
class Setting:
    """What all strategies are given beside the samples.

    Attributes:
        vectors: The static trunk up to the cut, pooled.
        pooling: How its features became vectors.
        labels: The form of the labels.
        name: The name of the model that is made.
        epochs: Epochs of gradient steps; None for the default of the strategy.
        verbose: Whether progress is shown.
        seed: Seed of all that is random.
    """

    vectors: BatchedModel
    pooling: Pooling
    labels: LabelForm
    name: str
    epochs: int | None
    verbose: int
    seed: int


class Fitted(ABC):
    """What a strategy has learnt. Pickles hold no Keras objects.

    Attributes:
        history: The metrics of the training by epoch.
    """

    history: dict[str, list[float]]

    @abstractmethod
    def outputs(self, samples: Samples) -> Floats:
        """Return the outputs of the head, of shape `(samples, units)`."""

    @property
    @abstractmethod
    def model(self) -> TransferModel:
        """The trunk and the head as a Keras model."""


class Strategy(ABC):
    """A way to train. A subclass in a file of this folder is found by its name.

    Attributes:
        name: What `TransferClassifier(strategy=...)` takes.
        cost: Of strategies that score equally `"auto"` takes the one of the smallest cost.
    """

    name: str
    cost: int

    def is_worth_trying(self, setting: Setting, samples: int) -> bool:
        """Return whether `"auto"` tries the strategy.

        Args:
            setting: What it would be given.
            samples: Number of labelled samples.
        """
        return True

    @abstractmethod
    def fit(self, setting: Setting, data: LabelledSamples) -> Fitted:
        """Train on samples."""

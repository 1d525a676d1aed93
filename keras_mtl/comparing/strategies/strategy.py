"""The contract of a strategy of a comparison."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

import keras
import numpy as np

from keras_mtl.estimators.batched_model import BatchedModel
from keras_mtl.estimators.labels.label_form import LabelForm
from keras_mtl.estimators.samples import LabelledSamples, Samples
from keras_mtl.estimators.trunk_cache import TrunkCache
from keras_mtl.heads.pooling import Pooling
from keras_mtl.training.global_draws import drawing

MOST_BYTES = 2**30
"""What may be kept in a process: a network of 25 million parameters takes 400 MB with its slots."""


class Kept(Protocol):
    """What is kept from one run to the next."""

    @property
    def num_bytes(self) -> int:
        """The memory that it takes."""


Made = TypeVar("Made", bound=Kept | None)


@dataclass(frozen=True)
class TransferTask:
    """What all runs of a comparison share in one process.

    Attributes:
        trunks: The trained network, and its pooled trunks, made once a cut.
        pooling: How a head pools the features of the trunk.
        labels: The form of the labels.
        auxiliary: Labelled samples of the first task; None if they are not at hand.
        batch_size: Number of rows in a batch.
    """

    trunks: TrunkCache
    pooling: Pooling
    labels: LabelForm
    auxiliary: LabelledSamples | None
    batch_size: int
    _made: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @property
    def model(self) -> keras.Model:
        """The trained network."""
        return self.trunks.model

    def fresh(self) -> TransferTask:
        """Return the same, but nothing is kept in it yet."""
        return replace(self, _made={})

    def vectors(self, cut: str) -> BatchedModel:
        """Return the static trunk up to a cut, pooled; made once."""

        def make() -> BatchedModel:
            with drawing(0):
                return self.trunks.take(cut, self.pooling).vectors

        return self.kept(("vectors", cut), make)

    def kept(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what was made for a key before; make it if it is the first time.

        Copies of the network and compiled steps are made so: once, and reset for each run. Those
        used last are kept, as many as `MOST_BYTES` hold.
        """
        made: Made = self._made.pop(key) if key in self._made else make()
        self._made[key] = made
        while len(self._made) > 1 and sum(map(_num_bytes, self._made.values())) > MOST_BYTES:
            del self._made[next(iter(self._made))]
        return made


def _num_bytes(made: Kept | None) -> int:
    return 0 if made is None else made.num_bytes


class Fitted(ABC):
    """What a strategy has learnt from some labels.

    Attributes:
        parameters: Number of parameters that were trained.
        history: Metrics of the training by epoch; empty where there are none.
    """

    parameters: int
    history: Mapping[str, Sequence[float]]

    @abstractmethod
    def predict(self, samples: Samples) -> np.ndarray:
        """Return predicted labels, as `LabelForm.decode` returns them."""

    @abstractmethod
    def model(self) -> Any:
        """Return what the user can keep: a `TransferModel`, or an estimator with `predict`.

        It is a copy that later fits of the strategy do not change.
        """


class Strategy(ABC):
    """A way to use a trained network for a new task; a subclass in this folder is found by name.

    What is dear to make is kept by `TransferTask.kept` and reset for each run, so a fitted object
    is used up when the strategy is fitted again, but for what its `model()` has returned.

    Attributes:
        name: What `compare(strategies=...)` takes.
        needs_auxiliary: Whether it trains on data of the first task too.
        uses_cut: Whether it depends on where the network is cut.
    """

    name: str
    needs_auxiliary: bool = False
    uses_cut: bool = True

    @abstractmethod
    def fit(self, task: TransferTask, cut: str, data: LabelledSamples, seed: int) -> Fitted:
        """Train on labelled samples.

        Args:
            task: What all runs share.
            cut: The last layer of the network that is kept.
            data: Samples and their labels as numbers. `data.samples.features(vectors)` are
                computed once for all runs.
            seed: Seed of all that is random.
        """

"""A static trunk and a solved head."""

from __future__ import annotations

import numpy as np

from keras_mtl.comparing.strategies.known_strategies import STRATEGIES
from keras_mtl.comparing.strategies.strategy import Fitted, Strategy, TransferTask
from keras_mtl.estimators.samples import LabelledSamples, Samples
from keras_mtl.estimators.strategies.fitted_head import FittedHead
from keras_mtl.estimators.strategies.frozen import Frozen as SolvedHead
from keras_mtl.estimators.strategies.strategy import Setting
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.training.global_draws import drawing


class FittedFrozen(Fitted):
    """A solved head on the features of the static trunk.

    Attributes:
        head: The solved head.
    """

    def __init__(self, task: TransferTask, head: FittedHead) -> None:
        self._labels = task.labels
        self.head = head
        self.parameters = head.linear.kernel.size + head.linear.bias.size
        self.history = head.history

    def predict(self, samples: Samples) -> np.ndarray:
        """Return the labels that the head predicts from the features."""
        return self._labels.decode(self.head.outputs(samples))

    def model(self) -> TransferModel:
        """Return a copy of the trunk, static, with the head."""
        with drawing(0):
            return self.head.model


@STRATEGIES.register
class Frozen(Strategy):
    """Solves the head on the features of the static trunk; no network is trained."""

    name = "frozen"

    def fit(self, task: TransferTask, cut: str, data: LabelledSamples, seed: int) -> FittedFrozen:
        """Return the solved head."""
        return FittedFrozen(task, SolvedHead().fit(setting_of(task, cut, seed), data))


def setting_of(task: TransferTask, cut: str, seed: int) -> Setting:
    """Return what the strategies of the estimators are given."""
    return Setting(
        vectors=task.vectors(cut),
        pooling=task.pooling,
        labels=task.labels,
        name=f"{task.model.name}_transfer",
        epochs=None,
        verbose=0,
        seed=seed,
    )

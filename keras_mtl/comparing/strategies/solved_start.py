"""Strategies that train a network from the solved head on."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

import keras

from keras_mtl.comparing.strategies.frozen import Frozen, setting_of
from keras_mtl.comparing.strategies.kept_network import FittedNetwork, History, KeptNetwork
from keras_mtl.comparing.strategies.strategy import Fitted, Strategy, TransferTask
from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.estimators.strategies.frozen import Frozen as SolvedHead
from keras_mtl.finetuning.recipe import second_phase


class FromSolvedHead(Strategy):
    """A strategy that trains a network as the second phase of `fine_tune` does.

    Where nothing of the layers kept trains, the solved head is all that there is to learn.
    """

    def fit(self, task: TransferTask, cut: str, data: LabelledSamples, seed: int) -> Fitted:
        """Return the trained network, or the solved head."""
        network = task.kept((self.name, cut), lambda: self._network(task, cut))
        if network is None:
            return Frozen().fit(task, cut, data, seed)
        unit = task.labels.unit(data.values)
        if unit is not None:
            data = replace(data, values=unit.scaled(data.values))
        solved = SolvedHead().fit(setting_of(task, cut, seed), data)
        network.variables.reset(seed)
        network.set_head(solved.linear)
        with network.variables.drawing(seed):
            read = network.read(data)
            phase = second_phase(read, None, keras.optimizers.Adam())
            history = network.train(read, phase, seed)
        return FittedNetwork(network, task.labels, unit, _joined(solved.history, history))

    @abstractmethod
    def _network(self, task: TransferTask, cut: str) -> KeptNetwork | None:
        """Return the network; None if nothing of its trunk trains."""


def _joined(solved: History, trained: History) -> History:
    """Return the history of both phases: the solved head is the first epoch."""
    return {name: [*solved[name], *trained[name]] for name in solved}

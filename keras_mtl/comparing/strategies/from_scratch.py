"""The control: the whole architecture from fresh weights."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np

from keras_mtl.comparing.strategies.kept_network import FittedNetwork
from keras_mtl.comparing.strategies.known_strategies import STRATEGIES
from keras_mtl.comparing.strategies.one_task_network import OneTaskNetwork
from keras_mtl.comparing.strategies.run_rate import RunRate
from keras_mtl.comparing.strategies.strategy import Strategy, TransferTask
from keras_mtl.comparing.strategies.whole_architecture import last_cut
from keras_mtl.estimators.labels.label_form import LabelForm
from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.finetuning.phase import Phase
from keras_mtl.surgery.fresh_compile import fresh_arguments
from keras_mtl.surgery.scratch import from_scratch
from keras_mtl.training.distribution.assigning import assign_all
from keras_mtl.training.global_draws import drawing
from keras_mtl.transferring import transfer

RATES = (3e-3, 3e-4)
"""The highest rate; the next one where a network does not learn its labels at the one before."""
FEWEST_STEPS = 600
EPOCHS = 40
"""A run lasts for so many passes, and at least for so many steps: `benchmarks/compare_recipes.py`
compares rates and lengths."""
LEARNT = 0.9
"""A network has learnt its labels if its loss is below this share of that of a constant."""


@STRATEGIES.register
class FromScratch(Strategy):
    """Trains the whole architecture from fresh weights, with a new head in place of the old output.

    It is cut where the old output was, wherever the other strategies cut: with less of the network
    the control would be weaker than what a user would train without a trained network.
    """

    name = "from-scratch"
    uses_cut = False

    def fit(self, task: TransferTask, cut: str, data: LabelledSamples, seed: int) -> FittedNetwork:
        """Return the trained network; `cut` is not used."""
        network = task.kept(self.name, lambda: _network(task))
        unit = task.labels.unit(data.values)
        if unit is not None:
            data = replace(data, values=unit.scaled(data.values))
        enough = LEARNT * _loss_of_constant(task.labels, data)
        with network.variables.drawing(seed):
            fresh = from_scratch(network.model, seed=seed).get_weights()
            read = network.read(data)
            steps = max(FEWEST_STEPS, EPOCHS * (read.num_batches or 0))
            for rate in RATES:
                network.variables.reset(seed)
                assign_all(network.model.weights, fresh)
                phase = Phase(steps=steps, learning_rate=rate)
                history = network.train(read, phase, seed)
                if history["loss"][-1] < enough:  # Not so if it is NaN.
                    break
        return FittedNetwork(network, task.labels, unit, history)


def _network(task: TransferTask) -> OneTaskNetwork:
    rate = RunRate()
    with drawing(0):
        cut = last_cut(task.model, task.pooling)
        head = task.labels.head(task.pooling)
        name = f"{task.model.name}_from_scratch"
        whole = transfer(task.model, cut, freeze=False, head=head, verify=False, name=name)
        model = from_scratch(whole, seed=0)
        optimizer = keras.optimizers.Adam(rate)
        model.compile(**{**fresh_arguments(whole), "optimizer": optimizer})
        return OneTaskNetwork(model, rate)


def _loss_of_constant(labels: LabelForm, data: LabelledSamples) -> float:
    """Return the loss of the best prediction that does not depend on the inputs."""
    weights = np.ones(len(data.values)) if data.weights is None else data.weights
    shares = labels.targets(data.values).mean(axis=0)
    outputs = np.tile(shares, (len(data.values), 1))
    return labels.metrics(data.values, outputs, weights)["loss"]

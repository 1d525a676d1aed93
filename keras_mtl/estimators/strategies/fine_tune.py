"""The fine-tuning strategy: the solved head first, then everything."""

from __future__ import annotations

from dataclasses import replace

import keras

from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.estimators.strategies.fitted_network import FittedNetwork
from keras_mtl.estimators.strategies.frozen import Frozen
from keras_mtl.estimators.strategies.known_strategies import STRATEGIES
from keras_mtl.estimators.strategies.strategy import Fitted, Setting, Strategy
from keras_mtl.finetuning.fine_tune import fine_tune
from keras_mtl.finetuning.recipe import second_phase
from keras_mtl.finetuning.tuning_data import read_data

FEWEST = 50
"""Labels from which on cross-validation can tell whether fine-tuning is better."""


@STRATEGIES.register
class FineTune(Strategy):
    """Trains all layers from the solved head on, as the second phase of `fine_tune` does."""

    name = "fine_tune"
    cost = 1

    def is_worth_trying(self, setting: Setting, samples: int) -> bool:
        """Return whether the trunk has weights, and labels are enough to tell that it helps."""
        return samples >= FEWEST and bool(setting.vectors.model.weights)

    def fit(self, setting: Setting, data: LabelledSamples) -> Fitted:
        """Return the trained network; the solved head if the trunk has nothing to train."""
        if not setting.vectors.model.weights:
            return Frozen().fit(setting, data)
        unit = setting.labels.unit(data.values)
        if unit is not None:
            data = replace(data, values=unit.scaled(data.values))
        head = Frozen().fit(setting, data)
        model, samples = head.model, data.samples
        x = keras.tree.pack_sequence_as(model.input, samples.inputs)
        read = read_data(model, x, data.values, data.weights, samples.batch_size)
        history = fine_tune(
            model,
            x,
            data.values,
            phases=[second_phase(read, setting.epochs, model.optimizer)],
            batch_size=samples.batch_size,
            sample_weight=data.weights,
            seed=setting.seed,
            verbose=setting.verbose,
        )
        if unit is not None:
            unit.put_into(model.head.parts[-1])
        return FittedNetwork(model, _joined(head.history, history.history))


def _joined(
    first: dict[str, list[float]], second: dict[str, list[float]]
) -> dict[str, list[float]]:
    """Return the history of both phases, with the number of the phase of each epoch."""
    joined = {name: [*first[name], *second[name]] for name in first}
    return {**joined, "phase": [1, *(2 for _ in second["phase"])]}

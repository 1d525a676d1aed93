"""The fine-tuning strategy: the solved head first, then everything."""

from __future__ import annotations

from dataclasses import replace

import keras

from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.estimators.strategies.fitted_network import FittedNetwork
from keras_mtl.estimators.strategies.frozen import Frozen
from keras_mtl.estimators.strategies.known_strategies import STRATEGIES
from keras_mtl.estimators.strategies.strategy import Setting, Strategy
from keras_mtl.finetuning.freezing import unfreeze


@STRATEGIES.register
class FineTune(Strategy):
    """Trains all layers from the solved head on."""

    name = "fine_tune"
    fewest = 100

    def fit(self, setting: Setting, data: LabelledSamples) -> FittedNetwork:
        """Return the trained network."""
        unit = setting.labels.unit(data.values)
        if unit is not None:
            data = replace(data, values=unit.scaled(data.values))
        model = unfreeze(Frozen().fit(setting, data).model)
        history = model.fit(
            keras.tree.pack_sequence_as(model.input, data.samples.inputs),
            data.values,
            sample_weight=data.weights,
            epochs=setting.epochs or 10,
            verbose=setting.verbose,
        )
        if unit is not None:
            unit.put_into(model.head.parts[-1])
        return FittedNetwork(model, history.history)

"""A network that was trained beyond its head."""

from __future__ import annotations

from keras_mtl.estimators.batched_model import BatchedModel
from keras_mtl.estimators.labels.label_form import Floats
from keras_mtl.estimators.samples import Samples
from keras_mtl.estimators.strategies.strategy import Fitted
from keras_mtl.models.transfer_model import TransferModel


class FittedNetwork(Fitted):
    """A trained model of Keras, which predicts by itself."""

    def __init__(self, model: TransferModel, history: dict[str, list[float]]) -> None:
        self._network = BatchedModel(model)
        self.history = history

    def outputs(self, samples: Samples) -> Floats:
        """Return the outputs of the model, in double precision."""
        return samples.outputs(self._network).astype("float64")

    @property
    def model(self) -> TransferModel:
        """The model."""
        return self._network.model

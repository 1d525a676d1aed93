"""A solved head on a static trunk."""

from __future__ import annotations

import numpy as np

from keras_mtl.estimators.batched_model import BatchedModel
from keras_mtl.estimators.labels.label_form import Floats
from keras_mtl.estimators.samples import Samples
from keras_mtl.estimators.strategies.strategy import Fitted, Setting
from keras_mtl.linear.minimum import Linear
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.surgery.trunk import Trunk
from keras_mtl.transferring import transfer


class FittedHead(Fitted):
    """A linear head on the features of a static trunk, which several fits share.

    The Keras model is made when it is first asked for: a search makes none but the best one.

    Attributes:
        linear: The head as a linear model on the features.
    """

    def __init__(self, setting: Setting, linear: Linear) -> None:
        self._vectors = setting.vectors
        self._labels = setting.labels
        self._pooling = setting.pooling
        self._name = setting.name
        self.linear = linear
        self._model: BatchedModel | None = None
        self.history = {}

    def outputs(self, samples: Samples) -> Floats:
        """Return the outputs of the head, in double precision from the features on."""
        features = samples.features(self._vectors).astype(np.float64)
        return self._labels.activate(self.linear.outputs(features))

    @property
    def model(self) -> TransferModel:
        """A copy of the trunk, static, with the head."""
        if self._model is None:
            self._model = BatchedModel(self._make_model())
        return self._model.model

    def _make_model(self) -> TransferModel:
        head = self._labels.head(self._pooling)
        trunk = trunk_in(self._vectors)
        # It is a copy that was proved when it was made.
        model = transfer(trunk, 0, freeze=True, head=head, verify=False, name=self._name)
        output = model.head.parts[-1]
        output.kernel.assign(self.linear.kernel)
        output.bias.assign(self.linear.bias)
        return model


def trunk_in(vectors: BatchedModel) -> Trunk:
    """Return the trunk of a pooled trunk."""
    return next(layer for layer in vectors.model.layers if isinstance(layer, Trunk))

"""A network that many runs train, whose steps are compiled once."""

from __future__ import annotations

import weakref
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from keras_mtl.comparing.strategies.run_rate import RunRate
from keras_mtl.comparing.strategies.strategy import Fitted
from keras_mtl.estimators.batched_model import BatchedModel
from keras_mtl.estimators.labels.label_form import LabelForm
from keras_mtl.estimators.labels.unit import Unit
from keras_mtl.estimators.samples import LabelledSamples, Samples
from keras_mtl.finetuning.phase import Phase
from keras_mtl.finetuning.tuning_data import TuningData, read_data
from keras_mtl.linear.minimum import Linear
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.surgery.fresh_compile import inner_optimizer
from keras_mtl.surgery.whole_copy import whole_copy
from keras_mtl.training.global_draws import drawing
from keras_mtl.training.kept_variables import KeptVariables

PREDICTED = 8
"""Batches that go through a network at once where it only predicts."""

History = Mapping[str, Sequence[float]]


class KeptNetwork(ABC):
    """A network that is trained from the same state in each run.

    Args:
        model: The network for the new task, which ends with a `Head`.
        trained: The compiled model that trains: the same, or one that shares its layers.
        rate: The rate of its optimizer.
        others: What else a run changes: the state of a balancer.

    Attributes:
        model: The network for the new task.
        variables: The variables of what trains and of its optimizer.
        parameters: The number of parameters that train.
        num_bytes: The memory of its variables.
    """

    def __init__(
        self,
        model: TransferModel,
        trained: keras.Model,
        rate: RunRate,
        others: Sequence[keras.Variable] = (),
    ) -> None:
        self.model = model
        trained.optimizer.build(trained.trainable_variables)
        rate.bind(inner_optimizer(trained.optimizer))
        self.rate = rate
        self.variables = KeptVariables(trained, others)
        self.parameters = sum(int(np.prod(one.shape)) for one in trained.trainable_variables)
        self.num_bytes = self.variables.num_bytes
        self._predictor = BatchedModel(model)

    def set_head(self, linear: Linear) -> None:
        """Give the head the weights of a linear model."""
        output = self.model.head.parts[-1]
        output.kernel.assign(linear.kernel)
        output.bias.assign(linear.bias)

    def read(self, data: LabelledSamples) -> TuningData:
        """Return labelled samples as the training loop takes them."""
        x = keras.tree.pack_sequence_as(self.model.input, data.samples.inputs)
        return read_data(self.model, x, data.values, data.weights, data.samples.batch_size)

    @abstractmethod
    def train(self, data: TuningData, phase: Phase, seed: int) -> History:
        """Train for a number of steps; return the metrics by epoch.

        Args:
            data: What `read` returned.
            phase: Its length in steps, and its highest rate.
            seed: Seed of the order of the rows.
        """

    def outputs(self, samples: Samples) -> np.ndarray:
        """Return the outputs, in double precision."""
        size = PREDICTED * samples.batch_size
        return self._predictor.outputs(samples.inputs, size).astype(np.float64)

    def copy(self) -> TransferModel:
        """Return a copy of the network for the new task, compiled as `transfer` does."""
        copy: TransferModel = whole_copy(self.model, compiled=False)
        compile_for_head(copy)
        return copy


def compile_for_head(model: TransferModel) -> None:
    """Compile a model with the loss and metrics of its head, as `transfer` does."""
    model.compile("adam", loss=model.head.make_loss(), metrics=model.head.make_metrics())
    model.default_optimizer = weakref.ref(model.optimizer)


class FittedNetwork(Fitted):
    """A kept network after a run; the next run uses it up.

    Args:
        network: The network.
        labels: The form of the labels.
        unit: The unit of the numbers that the network predicts; None for classes.
        history: The metrics by epoch.
    """

    def __init__(
        self, network: KeptNetwork, labels: LabelForm, unit: Unit | None, history: History
    ) -> None:
        self._network = network
        self._labels = labels
        self._unit = unit
        self.parameters = network.parameters
        self.history = history

    def predict(self, samples: Samples) -> np.ndarray:
        """Return the labels that the network predicts."""
        outputs = self._network.outputs(samples)
        if self._unit is not None:
            outputs = outputs * self._unit.scale + self._unit.mean
        return self._labels.decode(outputs)

    def model(self) -> TransferModel:
        """Return a copy of the network as it is now."""
        with drawing(0):
            copy = self._network.copy()
        if self._unit is not None:
            self._unit.put_into(copy.head.parts[-1])
        return copy

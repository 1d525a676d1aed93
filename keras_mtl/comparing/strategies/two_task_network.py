"""A kept network that trains on the first task and on the new one."""

from __future__ import annotations

from math import ceil
from typing import Any

import keras

from keras_mtl.balancing.balancer import Balancer
from keras_mtl.comparing.strategies.kept_network import History, KeptNetwork, compile_for_head
from keras_mtl.comparing.strategies.run_rate import RunRate
from keras_mtl.comparing.strategies.strategy import TransferTask
from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.finetuning.phase import Phase
from keras_mtl.finetuning.recipe import RATE_DECAY
from keras_mtl.finetuning.stages import resolve
from keras_mtl.finetuning.tuning_data import TuningData
from keras_mtl.models.multi_task_model import MultiTaskModel
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.schedules.schedule import Schedule
from keras_mtl.training.global_draws import drawing
from keras_mtl.training.layerwise import layerwise

FIRST, NEW = "first", "new"


class TwoTaskNetwork(KeptNetwork):
    """Trains in the loop of `MultiTaskModel.fit`, as many steps of the new task as are asked for.

    Args:
        model: A model of the tasks `FIRST` and `NEW`, compiled with an optimizer whose rate is
            `rate`.
        rate: The rate.
        first: Labelled samples of the first task.
        schedule: Which task trains at which step.
    """

    def __init__(
        self, model: MultiTaskModel, rate: RunRate, first: LabelledSamples, schedule: Schedule
    ) -> None:
        new = TransferModel(model.input, model.output[NEW], name=model.name)
        compile_for_head(new)
        super().__init__(new, model, rate, model.training_state.update_rule.variables)
        self._model = model
        self._first = first
        self._schedule = schedule

    def train(self, data: TuningData, phase: Phase, seed: int) -> History:
        """Train for a number of steps of the new task; return its metrics by epoch."""
        stage = resolve(1, phase, (), (), num_batches=data.num_batches, epochs=None)
        length = ceil(stage.steps / stage.epochs * self._steps_for_one(data))
        assert isinstance(phase.learning_rate, float)
        self.rate.set(phase.learning_rate, stage.epochs * length)
        x = keras.tree.pack_sequence_as(self._model.input, self._first.samples.inputs)
        history = self._model.fit(
            {
                FIRST: _labelled(x, self._first.values, self._first.weights),
                NEW: _labelled(data.x, data.y, data.sample_weight),
            },
            schedule=self._schedule,
            batch_size=data.batch_size,
            epochs=stage.epochs,
            steps_per_epoch=length,
            seed=seed,
            verbose=0,
        )
        return _of_new_task(history.history)

    def _steps_for_one(self, data: TuningData) -> float:
        """Return how many steps there are for each step of the new task."""
        size = -(-len(self._first.values) // data.batch_size)
        batches = {FIRST: size, NEW: data.num_batches}
        shares = self._schedule.round(batches)
        return self._schedule.round_length(batches) / shares[NEW]


def two_task_network(
    task: TransferTask, cut: str, schedule: Schedule, balancer: Balancer | None = None
) -> TwoTaskNetwork | None:
    """Return the trained network with its own head and a new one, with the rates of `fine_tune`.

    None if nothing of its trunk trains.

    Args:
        task: What all runs share.
        cut: The last layer of the network that is kept.
        schedule: Which task trains at which step.
        balancer: What weighs both tasks; None for the sum of their losses.

    Raises:
        InvalidCut: Nothing of the network comes after the cut.
        MissingLoss: The network is not compiled, so the loss of the first task is not known.
    """
    assert task.auxiliary is not None
    rate = RunRate()
    with drawing(0):
        model = MultiTaskModel.from_model(
            task.model,
            cut,
            task=FIRST,
            heads={NEW: task.labels.head(task.pooling)},
            verify=False,
            name=f"{task.model.name}_transfer",
        )
        if not model.trunk.trainable_variables:
            return None
        model.compile(layerwise(keras.optimizers.Adam(rate), decay=RATE_DECAY), balancer=balancer)
        return TwoTaskNetwork(model, rate, task.auxiliary, schedule)


def _labelled(x: Any, y: Any, weights: Any) -> tuple[Any, ...]:
    return (x, y) if weights is None else (x, y, weights)


def _of_new_task(history: History) -> History:
    """Return the metrics of the new task under the names that they have without another task."""
    prefix = f"{NEW}_"
    return {
        name.removeprefix(prefix): values
        for name, values in history.items()
        if name.startswith(prefix)
    }

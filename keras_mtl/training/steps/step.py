"""One kind of step: which tasks it trains, on which data, and which variables it changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from keras_mtl.batches.batch import Batch
from keras_mtl.keras_private.layers import own_state, sublayers
from keras_mtl.training.objective import Objective
from keras_mtl.training.state import TrainingState
from keras_mtl.training.steps.update_rules import StepVariables, UpdateRule, WeightedSum
from keras_mtl.training.task_data import JOINT_DATA

Batches = Mapping[str, Batch]
"""A batch of each data set that a step takes, by the names of the data sets."""


class Labels(NamedTuple):
    """The labels of one task in a batch, with their weights and mask, None where there are none."""

    y: Any
    sample_weight: Any
    mask: Any


class Step:
    """What one kind of step trains: one task, or several at once.

    Args:
        state: What training keeps of the model.
        tasks: The tasks that the step trains.
        joint_data: Whether the tasks' labels are for the same rows.
        class_weights: By task the weights of the rows of each class, where they are not all 1.
        shared: The names of the data sets that each of several workers reads for itself, so that
            their batches may differ: whether each has its own, which together are the batch of a
            step (True), or each takes its rows of a batch that should be the same (False).
    """

    def __init__(
        self,
        state: TrainingState,
        tasks: tuple[str, ...],
        joint_data: bool,
        class_weights: Mapping[str, np.ndarray] | None = None,
        shared: Mapping[str, bool] | None = None,
    ) -> None:
        self.state = state
        self.shared = dict(shared or {})
        self.tasks = tasks
        self.joint_data = joint_data
        self.class_weights = {
            task: weights for task, weights in (class_weights or {}).items() if task in tasks
        }
        trunk = state.graphs.shared_layers()
        own = {task: state.graphs.layers_of(task) for task in tasks}
        self.variables = StepVariables(
            _trainable(trunk), {task: _trainable(layers) for task, layers in own.items()}
        )
        layers = [*trunk, *(layer for of_task in own.values() for layer in of_task)]
        self.changing_variables = changing_variables(layers)
        # One task has nobody to be weighed against.
        self.update_rule: UpdateRule = state.update_rule if len(tasks) > 1 else WeightedSum()

    @property
    def key(self) -> str:
        """Identifies the step among the steps of the model, for the function compiled for it."""
        weights = {task: own.tolist() for task, own in self.class_weights.items()}
        return f"{self.tasks} {self.joint_data} {weights}{self.update_rule.key}{self.shared or ''}"

    @property
    def feeds(self) -> tuple[str, ...]:
        """The names of the data sets that the step takes a batch of."""
        return (JOINT_DATA,) if self.joint_data else self.tasks

    def feed_of(self, task: str) -> str:
        """Return the name of the data set that has the labels of a task."""
        return JOINT_DATA if self.joint_data else task

    def labels(self, batches: Batches) -> dict[str, Labels]:
        """Return the labels of each task, with their weights and masks."""
        if not self.joint_data:
            own = {task: batches[task] for task in self.tasks}
            return {task: Labels(one.y, one.sample_weight, one.mask) for task, one in own.items()}
        _, y, weights, masks = batches[JOINT_DATA]
        weights, masks = weights or {}, masks or {}
        return {task: Labels(y[task], weights.get(task), masks.get(task)) for task in self.tasks}

    def num_rows(self, batches: Batches) -> int:
        """Return the number of rows of all batches together."""
        return sum(batches[name].num_rows for name in self.feeds)

    def build(self, batches: Batches) -> None:
        """Make the losses and metrics, which depend on the shapes of labels; one row is enough.

        Raises:
            InvalidTaskData: A mask, or weights, tell more apart than these do.
        """
        for task, labels in self.labels(batches).items():
            objective = self.state.objectives[task]
            self._build(objective, task, labels)
            ranks = (
                0 if one is None else len(one.shape) for one in (labels.mask, labels.sample_weight)
            )
            objective.check_ranks(*ranks)

    def _build(self, objective: Objective, task: str, labels: Labels) -> None:
        if objective.built:
            return
        y = ops.convert_to_tensor(labels.y[:1])
        output = self.state.graphs.outputs[task]
        sizes = [1, *(_size(y, axis, size) for axis, size in enumerate(output.shape) if axis)]
        objective.build(y, ops.zeros(sizes, output.dtype))


def whole_step(state: TrainingState, data: Collection[str]) -> Step:
    """Return the step that trains all tasks, to build the losses and metrics of each of them.

    Args:
        state: What training keeps of the model.
        data: The names of the data sets.
    """
    return Step(state, state.tasks, JOINT_DATA in data)


def changing_variables(layers: Iterable[keras.Layer]) -> list[keras.Variable]:
    """Return what a call of the layers in training mode changes: statistics, seeds.

    A frozen BatchNormalization keeps its statistics; Keras leaves Dropout and the like active in
    other frozen layers, so their seeds do change.
    """
    changing = (
        part
        for layer in layers
        for part in sublayers(layer)
        if part.trainable or not isinstance(part, keras.layers.BatchNormalization)
    )
    return [variable for part in changing for variable in own_state(part)]


def _trainable(layers: Iterable[keras.Layer]) -> list[keras.Variable]:
    return [variable for layer in layers for variable in layer.trainable_variables]


def _size(labels: Any, axis: int, size: int | None) -> int:
    """Return the size of an axis of the predictions; where it may vary, that of the labels."""
    if size is not None:
        return size
    return labels.shape[axis] if axis < len(labels.shape) else 1

"""From a batch to the loss of a step: the same on every backend."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from keras_mtl.batches.batch import Batch
from keras_mtl.keras_private.compiled import scale_loss_for_distribution
from keras_mtl.keras_private.layers import added_losses, own_state, sublayers
from keras_mtl.surgery.fresh_compile import inner_optimizer
from keras_mtl.training.objective import Objective, Rows
from keras_mtl.training.task_optimizer import TaskOptimizer

JOINT_DATA = "joint"
"""The name of the data set whose rows have labels for several tasks."""

Batches = Mapping[str, Batch]


class Scored(NamedTuple):
    """What a step has computed for one task."""

    objective: Objective
    y: Any
    y_pred: Any
    loss: Any
    rows: Rows


class Step:
    """What one kind of step trains: one task, or all of them at once.

    Args:
        model: The multi-task model, compiled.
        tasks: The tasks that the step trains.
        joint_data: Whether the tasks' labels are for the same rows.
        class_weights: By task how much the rows of each class count, where they do not all alike.
    """

    def __init__(
        self,
        model: Any,
        tasks: tuple[str, ...],
        joint_data: bool,
        class_weights: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        self.model = model
        self.tasks = tasks
        self.joint_data = joint_data
        self.class_weights = {
            task: weights for task, weights in (class_weights or {}).items() if task in tasks
        }
        heads = model.heads
        parts = [model.trunk, *(heads[task] for task in tasks)]
        self.trainable_variables = [v for part in parts for v in part.trainable_variables]
        self.changing_variables = [v for part in parts for v in changing_variables(part)]

    @property
    def key(self) -> str:
        """Tells it from other steps of the model, for what is compiled for each."""
        weights = {task: own.tolist() for task, own in self.class_weights.items()}
        return f"{self.tasks} {self.joint_data} {weights}"

    @property
    def optimizer(self) -> TaskOptimizer:
        """The model's optimizer, without the scaling of the loss."""
        return inner_optimizer(self.model.optimizer)

    @property
    def feeds(self) -> tuple[str, ...]:
        """The names of the data that the step takes a batch of."""
        return (JOINT_DATA,) if self.joint_data else self.tasks

    def feed_of(self, task: str) -> str:
        """The name of the data that have the labels of a task."""
        return JOINT_DATA if self.joint_data else task

    def rows(self, batches: Batches) -> dict[str, Rows]:
        """What there is to know of the rows of whole batches, by task."""
        return {
            task: _rows(y, self.row_weights(task, y, sample_weight), mask)
            for task, (y, sample_weight, mask) in by_task(self, batches).items()
        }

    def row_weights(self, task: str, y: Any, sample_weight: Any) -> Any:
        """The weights of the rows, each times that of its class; None if all are 1."""
        if task not in self.class_weights:
            return sample_weight
        one_hot = len(y.shape) == 2 and y.shape[1] > 1
        labels = ops.argmax(y, axis=1) if one_hot else ops.reshape(y, [-1])
        weights = ops.take(self.class_weights[task], ops.cast(labels, "int32"))
        return weights if sample_weight is None else weights * sample_weight

    def present(self, batches: Batches) -> dict[str, Any]:
        """In a joint step, for the tasks that may lack all labels, whether they have one."""
        if len(self.tasks) == 1:
            return {}
        masks = {task: mask for task, (_, _, mask) in by_task(self, batches).items()}
        return {task: ops.any(mask) for task, mask in masks.items() if mask is not None}

    def has_labels(self, batches: Batches) -> bool:
        """Whether any row of batches in NumPy has a label for the step."""
        masks = [mask for _, _, mask in by_task(self, batches).values()]
        return any(mask is None or bool(mask.any()) for mask in masks)

    def num_rows(self, batches: Batches) -> int:
        """The rows of the batches together."""
        return sum(batches[name].num_rows for name in self.feeds)

    def build(self, batches: Batches) -> None:
        """Make what depends on the shapes of a batch, for which one row is enough."""
        for task, (y, _, _) in by_task(self, batches).items():
            objective = self.model.objectives[task]
            if objective.built:  # As it is at all steps but the first ones.
                continue
            labels = ops.convert_to_tensor(y[:1])
            output = self.model.graph_of_task(task).output
            sizes = [1, *(_size(labels, i, size) for i, size in enumerate(output.shape) if i)]
            objective.build(labels, ops.zeros(sizes, output.dtype))

    def forward(
        self, batches: Batches, rows: Mapping[str, Rows], *, training: bool = True
    ) -> tuple[Any, list[Scored]]:
        """The loss of the step, and what it is made of.

        Args:
            batches: The batches by the names of the data.
            rows: What there is to know of the rows, by task.
            training: Whether layers run in training mode.

        Returns:
            A scalar: the weighted losses of the tasks and the losses of the layers; and for each
            task what `update` takes.
        """
        if not training:
            return self._forward(batches, rows, training)
        with self._absent_heads_kept(batches):
            return self._forward(batches, rows, training)

    def _forward(
        self, batches: Batches, rows: Mapping[str, Rows], training: bool
    ) -> tuple[Any, list[Scored]]:
        if self.joint_data and len(self.tasks) > 1:
            return self._forward_together(batches[JOINT_DATA], rows, training)
        total = self._weight_losses()
        scored = []
        for task in self.tasks:
            batch = batches[self.feed_of(task)]
            graph = self.model.graph_of_task(task)
            y_pred = graph(batch.x, training=training)
            y = batch.y[task] if self.joint_data else batch.y
            scored.append(self._score(task, y, y_pred, rows[task]))
            total = total + _weighted(scored[-1]) + _activity_losses(graph)
        return total, scored

    @property
    def skips_non_finite_gradients(self) -> bool:
        """Whether the optimizer looks after them, as dynamic scaling of the loss does."""
        return isinstance(self.model.optimizer, keras.optimizers.LossScaleOptimizer)

    def apply(self, gradients: Sequence[Any], variables: Sequence[keras.Variable]) -> None:
        """Update the variables."""
        if variables:
            self.model.optimizer.apply(gradients, variables)

    def update(self, scored: Sequence[Scored], total: Any, weight: Any = None) -> None:
        """Add a batch to the metrics, and its loss with a weight to the mean over the steps."""
        for task in scored:
            task.objective.update(task.y, task.y_pred, task.loss, task.rows)
        self.model.mean_of_steps.update_state(total, weight)

    def _forward_together(
        self, batch: Batch, rows: Mapping[str, Rows], training: bool
    ) -> tuple[Any, list[Scored]]:
        graph = self.model.graph_of_tasks(self.tasks)
        outputs = graph(batch.x, training=training)
        scored = [
            self._score(task, batch.y[task], outputs[task], rows[task]) for task in self.tasks
        ]
        total = sum(map(_weighted, scored)) + _activity_losses(graph)
        return total + self._weight_losses(), scored

    def _weight_losses(self) -> Any:
        """The regularisation of what the step trains, each weight once."""
        regularised = (v for v in self.trainable_variables if v.regularizer is not None)
        return _summed(variable.regularizer(variable) for variable in regularised)

    @contextmanager
    def _absent_heads_kept(self, batches: Batches) -> Iterator[None]:
        """Put back what a call changes in the heads of tasks without a label in a joint step."""
        present = self.present(batches)
        heads = {task: changing_variables(self.model.heads[task]) for task in present}
        before = {task: [ops.copy(v.value) for v in own] for task, own in heads.items()}
        yield
        for task, there in present.items():
            for variable, value in zip(heads[task], before[task], strict=True):
                variable.assign(ops.where(there, variable.value, value))

    def _score(self, task: str, y: Any, y_pred: Any, rows: Rows) -> Scored:
        objective = self.model.objectives[task]
        return Scored(objective, y, y_pred, objective.loss(y, y_pred, rows), rows)


def whole_step(model: Any, data: Collection[str]) -> Step:
    """The step that trains all tasks, to build what belongs to each of them.

    Args:
        model: The multi-task model, compiled.
        data: The names of the data.
    """
    return Step(model, model.tasks, JOINT_DATA in data)


def changing_variables(part: keras.Layer) -> list[keras.Variable]:
    """What a call in training changes: statistics, seeds.

    Of what is frozen it is all but the statistics of BatchNormalization: Keras leaves Dropout
    active.
    """
    changing = (
        layer
        for layer in sublayers(part)
        if layer.trainable or not isinstance(layer, keras.layers.BatchNormalization)
    )
    return [variable for layer in changing for variable in own_state(layer)]


def by_task(step: Step, batches: Batches) -> dict[str, tuple[Any, Any, Any]]:
    """Labels, sample weights and mask of each task."""
    if not step.joint_data:
        parts = {task: batches[task] for task in step.tasks}
        return {task: (one.y, one.sample_weight, one.mask) for task, one in parts.items()}
    _, y, weights, masks = batches[JOINT_DATA]
    return {
        task: (y[task], (weights or {}).get(task), (masks or {}).get(task)) for task in step.tasks
    }


def _size(labels: Any, axis: int, size: int | None) -> int:
    """The size of a dimension of the predictions; of labels that have it too, if it may vary."""
    if size is not None:
        return size
    return labels.shape[axis] if axis < len(labels.shape) else 1


def _rows(y: Any, sample_weight: Any, mask: Any) -> Rows:
    if mask is None:
        return Rows(sample_weight)
    return Rows(sample_weight, mask, ops.shape(y)[0], ops.sum(ops.cast(mask, "int32")))


def _weighted(scored: Scored) -> Any:
    weight = scored.objective.weight
    return scored.loss if weight is None else scored.loss * weight


def _activity_losses(model: keras.Model) -> Any:
    """What layers have added in the last call."""
    return _summed(loss for layer in sublayers(model) for loss in added_losses(layer))


def _summed(losses: Iterable[Any]) -> Any:
    return sum((scale_loss_for_distribution(ops.sum(loss)) for loss in losses), 0.0)

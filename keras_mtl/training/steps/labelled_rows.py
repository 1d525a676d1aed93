"""Which rows of a batch have a label, and how much each of them counts."""

from __future__ import annotations

from typing import Any

from keras import ops

from keras_mtl.training.objective import Rows
from keras_mtl.training.steps.step import Batches, Step


def rows_by_task(step: Step, batches: Batches) -> dict[str, Rows]:
    """Return the weights and masks of the rows of whole batches, by task."""
    return {
        task: _rows(labels.y, row_weights(step, task, labels.y, labels.sample_weight), labels.mask)
        for task, labels in step.labels(batches).items()
    }


def row_weights(step: Step, task: str, y: Any, sample_weight: Any) -> Any:
    """Return the weights of the rows, each times the weight of its class; None if all are 1."""
    if task not in step.class_weights:
        return sample_weight
    one_hot = len(y.shape) == 2 and y.shape[1] > 1
    labels = ops.argmax(y, axis=1) if one_hot else ops.reshape(y, [-1])
    weights = ops.take(step.class_weights[task], ops.cast(labels, "int32"))
    return weights if sample_weight is None else ops.multiply(weights, sample_weight)


def tasks_present(step: Step, batches: Batches) -> dict[str, Any]:
    """Return, for the tasks of a joint step that may lack all labels, whether a row has one."""
    if len(step.tasks) == 1:
        return {}
    masks = {task: labels.mask for task, labels in step.labels(batches).items()}
    return {task: ops.any(mask) for task, mask in masks.items() if mask is not None}


def has_labels(step: Step, batches: Batches) -> bool:
    """Return whether any row of batches in NumPy has a label for the step."""
    masks = [labels.mask for labels in step.labels(batches).values()]
    return any(mask is None or bool(mask.any()) for mask in masks)


def _rows(y: Any, sample_weight: Any, mask: Any) -> Rows:
    if mask is None:
        return Rows(sample_weight)
    return Rows(sample_weight, mask, ops.shape(y)[0], ops.sum(ops.cast(mask, "int32")))

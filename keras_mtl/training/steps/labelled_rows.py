"""Which rows of a batch have a label, and how much each of them counts."""

from __future__ import annotations

from typing import Any

from keras import ops

from keras_mtl.training.rows import Rows, product, times
from keras_mtl.training.steps.step import Batches, Step


def rows_by_task(step: Step, batches: Batches) -> dict[str, Rows]:
    """Return the weights and masks of the rows of whole batches, by task."""
    return {
        task: _rows(row_weights(step, task, labels.y, labels.sample_weight), labels.mask)
        for task, labels in step.labels(batches).items()
    }


def row_weights(step: Step, task: str, y: Any, sample_weight: Any) -> Any:
    """Return the weights of the rows, or of the places of rows that have a class each.

    Each is multiplied with the weight of its class; None if all are 1.
    """
    if task not in step.class_weights:
        return sample_weight
    labels = y
    if len(y.shape) == len(step.state.graphs.outputs[task].shape):
        one_hot = y.shape[-1] > 1
        labels = ops.argmax(y, axis=-1) if one_hot else ops.squeeze(y, axis=-1)
    weights = ops.take(step.class_weights[task], ops.cast(labels, "int32"), axis=0)
    return times(weights, sample_weight)


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


def _rows(sample_weight: Any, mask: Any) -> Rows:
    if mask is None:
        return Rows(sample_weight)
    return Rows(sample_weight, mask, product(ops.shape(mask)), ops.sum(ops.cast(mask, "int32")))

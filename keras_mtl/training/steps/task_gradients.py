"""The gradients of each task of a step with respect to the trunk, one backward pass for each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from keras import ops

from keras_mtl.training.steps.update_rules import Backward, StepLosses


class TaskGradients(NamedTuple):
    """The losses of some tasks and their gradients, in NumPy.

    Attributes:
        losses: By task.
        rows: For each shared variable the gradients of the tasks, of shape `(tasks, elements)`.
    """

    losses: dict[str, float]
    rows: list[np.ndarray]


def task_gradients(
    losses: StepLosses, backward: Backward, shared: list[Any], scale: Any
) -> TaskGradients:
    """Return the gradients by a backward pass for each task.

    Args:
        losses: The losses of the forward pass.
        backward: The backward pass.
        shared: The variables that all tasks share.
        scale: What the gradients are multiplied with.
    """
    divisor = float(ops.convert_to_numpy(scale))
    of_tasks = []
    for task in losses.by_task:
        found = backward(StepLosses({task: 1.0}, None))[: len(shared)]
        of_tasks.append([_flat(one, v) / divisor for one, v in zip(found, shared, strict=True)])
    values = {task: float(ops.convert_to_numpy(one)) for task, one in losses.by_task.items()}
    return TaskGradients(values, [np.stack(own) for own in zip(*of_tasks, strict=True)])


def _flat(gradient: Any, variable: Any) -> np.ndarray:
    if gradient is None:
        return np.zeros(int(np.prod(variable.shape)))
    return np.asarray(ops.convert_to_numpy(ops.convert_to_tensor(gradient)), np.float64).ravel()

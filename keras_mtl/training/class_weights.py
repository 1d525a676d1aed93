"""Weights of classes, by task or of one task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_mtl.common.arguments import is_whole_number, number
from keras_mtl.errors import InvalidTaskData
from keras_mtl.heads.task_names import check_task
from keras_mtl.training.known_heads import num_classes
from keras_mtl.training.state import TrainingState


def class_weights(given: Any, state: TrainingState) -> dict[str, np.ndarray]:
    """Return an array with a weight for each class, by task.

    Args:
        given: By task a dict from classes to weights, 1 for a class that is left out; or None.
        state: What training keeps of the model.

    Raises:
        InvalidTaskData: The labels of a task are not of one class each, or a class is unknown.
        TaskNotFound: There is no such task.
        ValueError: A weight is no number, or negative.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(k, str) for k in given):
        raise ValueError(
            '`class_weight` is a dict by task, such as `{"hair": {0: 1.0, 3: 5.0}}`. Received: '
            f"{given!r}."
        )
    for task in given:
        check_task(task, state.tasks, where="`class_weight`")
    return {task: _weights(task, own, _num_classes(state, task)) for task, own in given.items()}


def weights_of_rows(labels: np.ndarray, given: Mapping[int, float]) -> np.ndarray:
    """Return a weight for each row, as `keras.Model.fit` makes them of `class_weight`.

    Args:
        labels: The class of each row, also one-hot.
        given: The weights of classes, 1 for a class that is left out.
    """
    if labels.ndim > 1:
        labels = labels.argmax(-1) if labels.shape[-1] != 1 else labels[..., 0]
    classes, places = np.unique(np.round(labels).astype("int32"), return_inverse=True)
    weights = np.array([given.get(int(one), 1.0) for one in classes])
    return weights.astype(keras.config.floatx())[places]


def _weights(task: str, given: Any, classes: int) -> np.ndarray:
    if not isinstance(given, Mapping):
        raise ValueError(
            f"`class_weight` of `{task}` is a dict from classes to weights. Received: {given!r}."
        )
    weights = np.ones(classes, np.float32)
    for label, weight in given.items():
        if not is_whole_number(label, least=0) or label >= classes:
            raise InvalidTaskData(
                f"`class_weight` of `{task}` names the class {label!r}; its classes are 0 to "
                f"{classes - 1}."
            )
        weights[int(label)] = number(f"class_weight['{task}'][{label}]", weight)
    return weights


def _num_classes(state: TrainingState, task: str) -> int:
    """Return the number of classes of a task whose labels are of one class each."""
    known = num_classes(state, task)
    if known is None:
        raise InvalidTaskData(
            f"`class_weight` is for tasks whose labels are of one class each, which those of "
            f"`{task}` are not known to be. Give it a `sample_weight`."
        )
    return known

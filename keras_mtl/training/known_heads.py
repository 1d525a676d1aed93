"""What is known of the labels of a task, from its head and its loss."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.heads.head import Head
from keras_mtl.training.state import TrainingState


def known_head(state: TrainingState, task: str) -> Head | None:
    """Return a `Head` that says what the labels of the task must be; None if it is not known.

    Where the head of the task is another layer, its loss may tell the kind of the task.
    """
    head, loss = state.graphs.heads[task], loss_of(state, task)
    if isinstance(head, Head) and head.has_loss(loss):
        return head
    shape = state.graphs.outputs[task].shape
    units = shape[-1]
    ignores = getattr(loss, "ignore_class", None) is not None
    if not units or len(shape) != 2 or ignores:
        return None
    if is_loss(loss, keras.losses.SparseCategoricalCrossentropy) and units > 1:
        return Head(units, "classification", name=task)
    if is_loss(loss, keras.losses.BinaryCrossentropy):
        return Head(units, "binary" if units == 1 else "multilabel", name=task)
    return None


def loss_of(state: TrainingState, task: str) -> Any:
    """Return the loss that the model is compiled with for a task, an object or a function."""
    return keras.losses.get(state.arguments["loss"][task])


def is_loss(loss: Any, kind: type[keras.losses.Loss]) -> bool:
    """Return whether a loss, or the function of one, is of a kind."""
    return isinstance(loss, kind) or loss is kind().fn

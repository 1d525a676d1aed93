"""What is known of the labels of a task, from its head and its loss."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.heads.head import Head
from keras_mtl.heads.kinds.known_kinds import KINDS
from keras_mtl.heads.losses import is_loss
from keras_mtl.training.compile_checks import CHOSEN_BY_SHAPE
from keras_mtl.training.state import TrainingState


def known_head(state: TrainingState, task: str) -> Head | None:
    """Return a `Head` that says what the labels of the task must be; None if it is not known.

    Where the head of the task is another layer, its loss may tell the kind of the task.
    """
    head, loss = state.graphs.heads[task], loss_of(state, task)
    if isinstance(head, Head) and head.has_loss(loss):
        return head
    shape = state.graphs.outputs[task].shape
    kind = _kind_of(loss, shape[-1])
    if kind is None or len(shape) != 2:
        return None
    # With another loss of its kind, such as one from logits, the classes keep their names.
    named = isinstance(head, Head) and head.kind == kind
    return Head(shape[-1], kind, classes=head.classes if named else None, name=task)


def num_classes(state: TrainingState, task: str) -> int | None:
    """Return the number of classes of a task; None if it is not known to have one for each label.

    Labels are those of rows, or of the steps or pixels of a row.
    """
    head, loss = state.graphs.heads[task], loss_of(state, task)
    if isinstance(head, Head) and head.has_loss(loss):
        return head.task_kind.num_classes(head.units)
    units: int | None = state.graphs.outputs[task].shape[-1]
    if units and is_loss(loss, keras.losses.CategoricalCrossentropy):
        return units
    kind = _kind_of(loss, units)
    return None if kind is None or units is None else KINDS.find(kind).num_classes(units)


def loss_of(state: TrainingState, task: str) -> Any:
    """Return the loss that the model is compiled with for a task, an object or a function.

    A name for which Keras chooses a loss by the shapes of the labels stays a name.
    """
    loss = state.arguments["loss"][task]
    by_shape = isinstance(loss, str) and loss.lower() in CHOSEN_BY_SHAPE
    return loss if by_shape else keras.losses.get(loss)


def _kind_of(loss: Any, units: int | None) -> str | None:
    """Return the kind of the task that a loss is for, None if it does not tell."""
    # With `ignore_class` labels may hold a value that a `Head` of the kind would refuse.
    if not units or getattr(loss, "ignore_class", None) is not None:
        return None
    return next((kind for kind in KINDS.names if KINDS.find(kind).recognises(loss, units)), None)

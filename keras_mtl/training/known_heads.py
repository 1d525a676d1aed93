"""What is known of the labels of a task, from its head and its loss."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.heads.head import Head
from keras_mtl.heads.kinds.known_kinds import KINDS
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
    units = shape[-1]
    # With `ignore_class` labels may hold a value that a `Head` of the kind would refuse.
    ignores = getattr(loss, "ignore_class", None) is not None
    if not units or len(shape) != 2 or ignores:
        return None
    kinds = (kind for kind in KINDS.names if KINDS.find(kind).recognises(loss, units))
    kind = next(kinds, None)
    if kind is None:
        return None
    # With another loss of its kind, such as one from logits, the classes keep their names.
    named = isinstance(head, Head) and head.kind == kind
    return Head(units, kind, classes=head.classes if named else None, name=task)


def loss_of(state: TrainingState, task: str) -> Any:
    """Return the loss that the model is compiled with for a task, an object or a function.

    A name for which Keras chooses a loss by the shapes of the labels stays a name.
    """
    loss = state.arguments["loss"][task]
    by_shape = isinstance(loss, str) and loss.lower() in CHOSEN_BY_SHAPE
    return loss if by_shape else keras.losses.get(loss)

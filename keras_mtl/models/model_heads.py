"""The heads that make the outputs of a model."""

from __future__ import annotations

import keras

from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.heads.head import Head
from keras_mtl.heads.task_names import check_task
from keras_mtl.keras_private.graphs import producer
from keras_mtl.models.trunk_with_heads import TrunkWithHeads


def heads_of(model: keras.Model) -> dict[str, Head]:
    """Return each `Head` that makes an output, by its task, or else by its name.

    Raises:
        UnsupportedModel: `model` is a subclassed model, or no model.
        UnbuiltModel: `model` is a Sequential model without an input shape.
    """
    functional = checked_functional(model)
    if isinstance(model, TrunkWithHeads):
        named = model.heads
    else:
        layers = map(producer, functional.outputs)
        named = {layer.name: layer for layer in layers}
    return {name: head for name, head in named.items() if isinstance(head, Head)}


def chosen_head(model: keras.Model, task: str | None, verb: str) -> tuple[str, Head]:
    """Return the name and the head of a task, or of the only `Head` of a model.

    Args:
        model: The model.
        task: The name of the task, or of the head where the model has no tasks.
        verb: The function that was called, for messages.

    Raises:
        ValueError: There is no `Head`, or there are several and `task` is None.
        TaskNotFound: There is no such task.
    """
    heads = heads_of(model)
    if isinstance(model, TrunkWithHeads) and task is not None:
        check_task(task, model.tasks, where="`task`")
    if not heads or (isinstance(model, TrunkWithHeads) and task not in {None, *heads}):
        raise ValueError(
            f"`{verb}` needs a `keras_mtl.Head`, which knows its classes; `{model.name}` ends "
            f"{'' if task is None else f'for `{task}` '}with other layers."
        )
    if task is None and len(heads) > 1:
        raise ValueError(f"`{model.name}` has the heads {list(heads)}; name one by `task`.")
    name = next(iter(heads)) if task is None else check_task(task, heads, where="`task`")
    return name, heads[name]

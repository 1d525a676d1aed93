"""Trained models with further classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import keras

from keras_mtl.errors import UnsupportedModel
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.head import Head
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.keras_private.optimizers import Optimizer
from keras_mtl.models.model_heads import chosen_head
from keras_mtl.models.task_changes import compile_with
from keras_mtl.models.trunk_with_heads import TrunkWithHeads
from keras_mtl.surgery.carried_slots import carry_slots
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.fresh_compile import compile_like, inner_optimizer, slot_holders
from keras_mtl.surgery.layer_copies import copy_from_config, copy_layer_state
from keras_mtl.surgery.own_training import own_training
from keras_mtl.surgery.trunk import own_class
from keras_mtl.training.task_compiling import arguments_by_task
from keras_mtl.training.task_optimizer import TaskOptimizer

Model = TypeVar("Model", bound=keras.Model)


def add_classes(model: Model, classes: Sequence[str] | int, *, task: str | None = None) -> Model:
    """Return a copy of a trained model whose head has further classes.

    Use it when labels of new classes arrive, and train on. The classes that there were keep their
    numbers, and their weights are the same to the bit, so are their logits but for the rounding of
    another matrix product; all else is as in `model`, frozen layers and random states included.

    Args:
        model: A model that ends with a `Head`, such as `transfer` returns, or a `MultiTaskModel`.
            It is not changed, and shares nothing with the result.
        classes: The names of the new classes; their number if the classes have no names.
        task: Which task of a `MultiTaskModel`; None, the default, if there is only one `Head`.

    Returns:
        A model of the same class. It is compiled as `model`; the optimizer starts at iteration 0,
        as after `unfreeze`, and keeps its slots but for the output layer of the head.

    Raises:
        ValueError: There is no `Head`, its kind can have no further classes, or a name is there
            already.
        TaskNotFound: There is no such task.
        UnsupportedModel: The class of the model has methods of training of its own, or `model` is
            no Functional model.

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> model = keras_mtl.transfer(trained, cut=0, head=keras_mtl.Head(classes=["cat", "dog"]))
        >>> larger = keras_mtl.add_classes(model, ["owl"])
        >>> larger.head.classes, larger.output_shape
        (('cat', 'dog', 'owl'), (None, 3))
    """
    _, head = chosen_head(model, task, "add_classes")
    own = own_training(model)
    if own:
        raise UnsupportedModel(
            f"`{type(model).__name__}` has a `{own[0]}` of its own, which a copy may not have. Put "
            "`head.extend(classes)` into a new model of the class."
        )
    larger = _copy_with(model, head, head.extend(classes))
    if model.compiled:
        _compile_like(larger, model)
    return larger


def _copy_with(model: Model, head: Head, larger: Head) -> Model:
    """Return a copy of a model with another head, which has its state already."""
    copy: Model = clone_graph(
        Graph.of_whole(model),
        class_of=own_class,
        copy_layer=lambda one: larger if one is head else copy_from_config(one),
        copy_state=lambda one, new: None if one is head else copy_layer_state(one, new),
    ).model
    # Not every config holds the flag of its layer.
    for part, new in zip(sublayers(model), sublayers(copy), strict=True):
        new.trainable = part.trainable
    return copy


def _compile_like(larger: keras.Model, model: keras.Model) -> None:
    if isinstance(larger, TrunkWithHeads):
        assert isinstance(model, TrunkWithHeads)
        compile_with(larger, arguments_by_task(model), like=model)
    else:
        compile_like(larger, model)
    larger.optimizer.build(larger.trainable_variables)
    before = {
        id(new): old
        for old, new in zip(model.weights, larger.weights, strict=True)
        if old.shape == new.shape
    }
    old_holders, new_holders = _slot_holders(model.optimizer), _slot_holders(larger.optimizer)
    carry_slots(old_holders, new_holders, lambda variable: before.get(id(variable)))


def _slot_holders(optimizer: Optimizer) -> list[Optimizer]:
    inner = inner_optimizer(optimizer)
    parts = inner.part_optimizers if isinstance(inner, TaskOptimizer) else [inner]
    return [holder for part in parts for holder in slot_holders(part)]

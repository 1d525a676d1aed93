"""What the class of a user's own model changes in training, and copies that have that class."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import keras

from keras_mtl.errors import CloneError
from keras_mtl.keras_private.graphs import Functional, is_made_like_functional, producer
from keras_mtl.keras_private.layers import own_attributes
from keras_mtl.surgery.fresh_compile import fresh_metric

STEPS = ("train_step", "test_step", "compute_loss", "compute_metrics", "make_train_function")
"""Methods that decide what a model learns and how it is scored."""
_OTHERS = (
    *("predict_step", "make_test_function", "make_predict_function", "compile"),
    *("fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"),
)
"""Further methods that a copy without the class would not have."""
_OURS = ("keras", "keras_mtl")
_PLAIN = (bool, int, float, str, type(None))
_STATEFUL = (keras.Operation, keras.Model, keras.Variable, keras.optimizers.Optimizer)


def own_methods(model: keras.Model, names: Iterable[str]) -> list[str]:
    """Return those of some methods that the user has written for the model or its class."""
    return [name for name in names if name in vars(model) or not _is_ours(type(model), name)]


def own_steps(model: keras.Model) -> list[str]:
    """Return the methods of `STEPS` that the user has written for the model."""
    return own_methods(model, STEPS)


def own_training(model: keras.Model) -> list[str]:
    """Return all methods of training, scoring and predicting that the user has written."""
    return own_methods(model, (*STEPS, *_OTHERS))


def _is_ours(cls: type, name: str) -> bool:
    """Return whether a method is Keras's or one of this package."""
    written = next(base for base in cls.__mro__ if name in vars(base))
    return written.__module__.partition(".")[0] in _OURS


def described(model: keras.Model) -> str:
    """Return the name and the class of a model with its own methods of training, for messages."""
    methods = " and ".join(f"`{name}`" for name in own_training(model)[:3])
    return f"`{model.name}` is a `{type(model).__name__}` with its own {methods}"


def refuse_replaced_methods(model: keras.Model) -> None:
    """Refuse a model whose methods were replaced on the object: they belong to it alone.

    Raises:
        CloneError: A method of training is an attribute of the object.
    """
    replaced = [name for name in own_training(model) if name in vars(model)]
    if replaced:
        raise CloneError(
            f"`{replaced[0]}` of `{model.name}` was replaced on this one object, so a copy cannot "
            "have it. Write it as a method of a subclass of `keras.Model`."
        )


def class_of_graph(model: keras.Model) -> Callable[..., keras.Model] | None:
    """Return what makes a model of the same class from a graph; None if its constructor cannot."""
    cls = type(model)
    if not is_made_like_functional(cls):
        return None
    if isinstance(model, keras.Sequential):
        return lambda inputs, outputs, name: cls(_chain(inputs, outputs), name=name)
    return lambda inputs, outputs, name: cls(inputs, outputs, name=name)


def _chain(inputs: Any, outputs: Any) -> list[keras.Layer]:
    """Return the layers of the graph of a Sequential model in their order."""
    (tensor,) = keras.tree.flatten(inputs)
    return [producer(tensor), *Functional(inputs, outputs).layers[1:]]


def carry_attributes(model: keras.Model, copy: keras.Model, operations: Mapping[int, Any]) -> None:
    """Give a copy of the same class what the user has stored on the model.

    Args:
        model: The model.
        copy: The copy; what its constructor has made it keeps.
        operations: The copies of the operations of the graph, by the ids of the originals.

    Raises:
        CloneError: An attribute holds a layer outside the graph, a variable or an optimizer:
            whether a copy should share it, copy it or begin anew cannot be known.
    """
    for name, value in own_attributes(model).items():
        leaves = keras.tree.flatten(value)
        if name in vars(copy) and not all(isinstance(leaf, _PLAIN) for leaf in leaves):
            continue
        known = [operations.get(id(leaf), leaf) for leaf in leaves]
        for leaf, own in zip(leaves, known, strict=True):
            if own is leaf and isinstance(leaf, _STATEFUL):
                _refuse_attribute(model, name, leaf)
        fresh = [fresh_metric(leaf) for leaf in known]
        setattr(copy, name, keras.tree.pack_sequence_as(value, fresh))


def _refuse_attribute(model: keras.Model, name: str, value: Any) -> None:
    raise CloneError(
        f"{described(model)}; its attribute `{name}` holds a `{type(value).__name__}` that is no "
        "part of its graph, so it is not known whether a copy should share it. Give the class a "
        "`get_config` and a `from_config` that make the whole model."
    )

"""The control of a transfer: the same architecture with fresh weights."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_mtl.common.arguments import whole_number_or_none
from keras_mtl.errors import CloneError
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.graph.preprocessors import preprocessor_of
from keras_mtl.keras_private.graphs import Functional
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.cloner import ClassOf, Copy
from keras_mtl.surgery.fresh_compile import compile_like
from keras_mtl.surgery.layer_copies import copy_from_config, copy_layer_state, rebuild_operation
from keras_mtl.surgery.own_configs import Rebuilt, rebuilt_model
from keras_mtl.surgery.own_training import (
    carry_attributes,
    class_of_graph,
    described,
    own_methods,
    own_training,
    refuse_replaced_methods,
)
from keras_mtl.surgery.preprocessing import PREPROCESSING
from keras_mtl.surgery.static_flags import set_static
from keras_mtl.surgery.trunk import ClassPreserving, own_class


def from_scratch(model: keras.Model, seed: int | None = None) -> Functional:
    """Return the same architecture with fresh weights: the control for every transfer.

    Train it on the same labels; where it does as well as the transferred network, the transfer
    did not help.

    Args:
        model: A Functional or built Sequential model, such as `transfer` returns. It is not
            changed.
        seed: Seed of the initializers, of Dropout and of other random layers, those with a seed
            of their own included, at least 0; None for other weights at each call.

    Returns:
        A model in which every layer trains, BatchNormalization included, compiled as `model` is
        with a fresh optimizer. If the class of `model` has methods of training of its own, such
        as `compute_loss` or `train_step`, the control is of that class. What a
        preprocessing layer has adapted to (the mean of a Normalization, a vocabulary) is kept: it
        is no weight that training finds.

    Raises:
        CloneError: A layer, a metric or the optimizer cannot be built anew, or a class with its
            own methods of training.
        ValueError: `seed` is no whole number.

    Example:
        >>> import keras, keras_mtl
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> control = keras_mtl.from_scratch(model, seed=1)
        >>> control.count_params()
        10
    """
    seeds = random.Random(whole_number_or_none("seed", seed, least=0))
    graph = Graph.of_whole(model)
    _refuse_saved_models(model)
    with _python_random(seeds):
        control = _control(graph, seeds)
    set_static(control, {}, "train")
    if model.compiled:
        _compile(control, model)
    return control


def _control(graph: Graph, seeds: random.Random) -> keras.Model:
    """Return the fresh model: of its own class, where that class has methods of training."""
    model = graph.model
    if not own_training(model):
        return _fresh_copy(graph, own_class, seeds).model
    refuse_replaced_methods(model)
    make = model.of_graph if isinstance(model, ClassPreserving) else class_of_graph(model)
    if make is None:
        return _rebuilt(model, seeds)
    copy = _fresh_copy(graph, lambda one: make if one is model else own_class(one), seeds)
    carry_attributes(model, copy.model, copy.operations)
    return copy.model


def _fresh_copy(graph: Graph, class_of: ClassOf, seeds: random.Random) -> Copy:
    return clone_graph(
        graph,
        class_of=class_of,
        copy_layer=lambda operation: _fresh(operation, seeds),
        copy_state=_copy_adapted_state,
        rebuild_model=lambda model: _rebuilt_with(model, seeds),
    )


def _rebuilt_with(model: keras.Model, seeds: random.Random) -> Rebuilt:
    return rebuilt_model(model, lambda: _reseeded(model.get_config(), seeds))


def _rebuilt(model: keras.Model, seeds: random.Random) -> keras.Model:
    """Return a fresh model of a class whose constructor makes the layers."""
    try:
        copy = _rebuilt_with(model, seeds)
    except CloneError as error:
        raise CloneError(
            f"{described(model)}; the control needs them, and its constructor takes other "
            "arguments than `inputs` and `outputs`. Give the class a `get_config` that returns the "
            f"arguments of its constructor. The reason: {error}"
        ) from error
    for source, new in copy.pairs:
        _copy_adapted_state(source, new)
    preprocessor = preprocessor_of(model)
    if preprocessor is not None:  # It has vocabularies, which no config holds.
        copy_layer_state(preprocessor, copy.model.preprocessor)
    return copy.model


def _compile(control: keras.Model, model: keras.Model) -> None:
    """Compile the control as the model was; a `compile` of the user's own says how by itself."""
    if "compile" not in own_training(model):
        compile_like(control, model)
        return
    if own_methods(model, ["compile_from_config"]):
        control.compile_from_config(model.get_compile_config())
        return
    try:
        compile_like(control, model)
    except TypeError as error:
        raise CloneError(
            f"{described(model)}: its `compile` does not take what `keras.Model.compile` takes, so "
            "the control cannot be compiled. Give the class `get_compile_config` and "
            f"`compile_from_config`. The reason: {error}"
        ) from error


def _refuse_saved_models(model: keras.Model) -> None:
    """Refuse a model with a SavedModel in it, which has the weights that it was saved with."""
    for layer in sublayers(model):
        if isinstance(layer, keras.layers.TFSMLayer):
            raise CloneError(
                f"`{layer.name}` (TFSMLayer) has no fresh weights: those of its SavedModel are all "
                "that there is. Build the control from the code of that model."
            )


def _fresh(operation: Any, seeds: random.Random) -> Any:
    if type(operation) is keras.layers.Lambda:
        # Keras refuses to rebuild a Python lambda from its config; there is no seed in it either.
        return copy_from_config(operation)
    return rebuild_operation(operation, lambda: _reseeded(operation.get_config(), seeds))


def _reseeded(config: Any, seeds: random.Random) -> Any:
    """Return the config with a new value for every seed that it fixes."""
    if isinstance(config, list | tuple):
        return type(config)(_reseeded(value, seeds) for value in config)
    if not isinstance(config, dict):
        return config
    return {
        key: seeds.randrange(1, 2**31)
        if key == "seed" and isinstance(value, int)
        else _reseeded(value, seeds)
        for key, value in config.items()
    }


def _copy_adapted_state(source: Any, copy: Any) -> None:
    if not isinstance(source, keras.Layer):
        return
    for old, new in zip(sublayers(source), sublayers(copy), strict=True):
        if isinstance(old, PREPROCESSING):
            copy_layer_state(old, new)


@contextmanager
def _python_random(seeds: random.Random) -> Iterator[None]:
    """Let layers without a seed draw theirs from `seeds`: Keras takes them from `random`."""
    state = random.getstate()
    random.setstate(seeds.getstate())
    try:
        yield
    finally:
        random.setstate(state)

"""The control of a transfer: the same architecture with fresh weights."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_mtl.common.arguments import whole_number_or_none
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.graphs import Functional
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.fresh_compile import compile_like
from keras_mtl.surgery.layer_copies import copy_from_config, copy_layer_state, rebuild_operation
from keras_mtl.surgery.static_flags import set_static
from keras_mtl.surgery.trunk import own_class

_PREPROCESSING = (
    keras.layers.Normalization,
    keras.layers.Discretization,
    keras.layers.StringLookup,
    keras.layers.IntegerLookup,
    keras.layers.TextVectorization,
)


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
        with a fresh optimizer. What a preprocessing layer has adapted to (the mean of a
        Normalization, a vocabulary) is kept: it is no weight that training finds.

    Raises:
        CloneError: A layer, a metric or the optimizer cannot be built anew.
        ValueError: `seed` is no whole number.

    Example:
        >>> import keras, keras_mtl
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> control = keras_mtl.from_scratch(model, seed=1)
        >>> control.count_params()
        10
    """
    seeds = random.Random(whole_number_or_none("seed", seed, least=0))
    with _python_random(seeds):
        control = clone_graph(
            Graph.of(model),
            class_of=own_class,
            copy_layer=lambda operation: _fresh(operation, seeds),
            copy_state=_copy_adapted_state,
        ).model
    set_static(control, {}, "train")
    if model.compiled:
        compile_like(control, model)
    return control


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
        if isinstance(old, _PREPROCESSING):
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

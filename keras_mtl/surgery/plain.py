"""Models rewritten in Keras's own layers, for people who do not have `keras_mtl`."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.graph.chain import is_chain
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.graphs import Functional
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.layer_copies import copy_from_config, copy_layer_state
from keras_mtl.surgery.verify import verify_copy


def to_plain(model: keras.Model, *, verify: bool = True) -> Functional:
    """Rewrite a model in Keras's own layers.

    Use it to hand a model on as a `.keras` file to people who do not have `keras_mtl`. It is the
    same function for inference; in training a static trunk is no longer static.

    Args:
        model: A model that `keras_mtl` made, or any Functional or built Sequential model. It is
            not changed.
        verify: Whether to check on one batch that the outputs are the same.

    Returns:
        A Functional `keras.Model` with copies of the weights, not compiled.

    Raises:
        CloneError: A layer cannot be copied faithfully; it is named.

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> model = keras_mtl.transfer(trained, cut=0, head=2)
        >>> plain = keras_mtl.to_plain(model)
        >>> type(plain).__module__.split(".")[0]
        'keras'
    """
    graph = Graph.of(model)
    plain = clone_graph(
        graph, class_of=lambda _: Functional, copy_layer=_plain_layer, copy_state=_copy_state
    )
    if verify:
        verify_copy(graph, plain)
    return plain.model


def _plain_layer(operation: Any) -> Any:
    if not is_chain(operation):
        return copy_from_config(operation)
    features = operation.input
    inputs = keras.Input(batch_shape=features.shape, dtype=features.dtype)
    return keras.Sequential([inputs, *map(copy_from_config, operation.parts)], name=operation.name)


def _copy_state(source: Any, copy: Any) -> None:
    if not is_chain(source):
        copy_layer_state(source, copy)
        return
    for part, layer in zip(source.parts, copy.layers, strict=True):
        copy_layer_state(part, layer)

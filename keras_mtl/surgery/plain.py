"""Models rewritten in Keras's own layers, for people who do not have `keras_mtl`."""

from __future__ import annotations

import warnings
from typing import Any

import keras

from keras_mtl.common.arguments import flag
from keras_mtl.graph.chain import JoiningPart, is_chain
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.graphs import Functional, inbound_nodes
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.layer_copies import copy_from_config, copy_layer_state
from keras_mtl.surgery.verify import verify_copy


def to_plain(model: keras.Model, *, verify: bool = True) -> Functional:
    """Rewrite a model in Keras's own layers.

    Use it to hand a model on as a `.keras` file to people who do not have `keras_mtl`. It is the
    same function for inference; in training a static trunk is no longer static. Keras's own layers
    hold no names of classes: they stay in `model.head.classes`, which `export` also writes to a
    file, and the outputs of the result are in their order.

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
    verify = flag("verify", verify)
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
    first, *others = operation.parts
    if not isinstance(first, JoiningPart):
        features = operation.input
        inputs = keras.Input(batch_shape=features.shape, dtype=features.dtype)
        layers = map(copy_from_config, operation.parts)
        return keras.Sequential([inputs, *layers], name=operation.name)
    several = _inputs_like(_features_of(operation))
    outputs = first.in_plain_layers(several)
    for part in others:
        outputs = copy_from_config(part)(outputs)
    with warnings.catch_warnings():
        # Keras matches a dict by its keys; it warns where the name of an input cannot be its key.
        warnings.filterwarnings("ignore", "When providing `inputs` as a dict")
        return Functional(several, outputs, name=operation.name)


def _features_of(chain: Any) -> Any:
    """Return the symbolic features of the first call, in the structure in which they were given."""
    arguments = inbound_nodes(chain)[0].arguments
    return arguments.args[0] if arguments.args else arguments.kwargs["features"]


def _inputs_like(features: Any) -> Any:
    """Return new symbolic inputs like some features; a name must not hold a "/", as a path may."""
    named = {
        path: keras.Input(
            batch_shape=tensor.shape, dtype=tensor.dtype, name=str(path[-1]).replace("/", "_")
        )
        for path, tensor in keras.tree.flatten_with_path(features)
    }
    return keras.tree.pack_sequence_as(features, list(named.values()))


def _copy_state(source: Any, copy: Any) -> None:
    if not is_chain(source):
        copy_layer_state(source, copy)
        return
    # From the end: the first part may be several plain layers, and has no state then.
    for part, layer in zip(reversed(source.parts), reversed(copy.layers), strict=False):
        if not isinstance(part, JoiningPart):
            copy_layer_state(part, layer)

"""Putting a copy of a head on the features of a trunk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_mtl.errors import HeadMismatch
from keras_mtl.graph.functional_models import functional_of
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.head import Head
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.layer_copies import copy_from_config, copy_layer_state
from keras_mtl.surgery.trunk import own_class


def put_head(
    features: Any, head: keras.Layer | Sequence[keras.Layer], name: str | None = None
) -> tuple[keras.Layer, Any]:
    """Return a copy of a head, with its state, and its symbolic outputs for features.

    Args:
        features: The symbolic outputs of the trunk.
        head: A layer, a model, or a list of layers, whose copy is a Sequential model.
        name: The name of the copy, by default the name of the head.

    Raises:
        HeadMismatch: The head does not fit the features.
    """
    if isinstance(head, Head):
        _check_features(head, features)
    copy, pairs = _copied(head)
    if name is not None:
        copy.name = name
    try:
        outputs = copy(features)
        for source, part in pairs:
            if source.built:  # Otherwise it has no state, and the copy starts as a new layer does.
                copy_layer_state(source, part)
    except Exception as error:  # The head's layers may be the user's code.
        raise HeadMismatch(
            f"The head `{copy.name}` does not fit the features at the cut, "
            f"{_described(features)}: {error}"
        ) from error
    return copy, outputs


def _check_features(head: Head, features: Any) -> None:
    several = not isinstance(features, keras.KerasTensor)
    for path, tensor in keras.tree.flatten_with_path(features):
        try:
            head.check_features(tensor.shape, tensor.dtype, several=several)
        except HeadMismatch as error:
            if not several:
                raise
            raise HeadMismatch(f"`{path[-1]}`: {error}") from error


def _copied(
    head: keras.Layer | Sequence[keras.Layer],
) -> tuple[keras.Layer, list[tuple[keras.Layer, keras.Layer]]]:
    """Return the copy of a head, and pairs of layers whose state is still to be copied."""
    unbuilt = isinstance(head, keras.Sequential) and functional_of(head) is None
    if not unbuilt and isinstance(head, keras.Layer):
        return _copied_layer(head)
    layers = head.layers if isinstance(head, keras.Sequential) else head
    copies = [_copied_layer(layer) for layer in layers]
    name = head.name if isinstance(head, keras.Sequential) else "head"
    pairs = [pair for _, own in copies for pair in own]
    return keras.Sequential([copy for copy, _ in copies], name=name), pairs


def _copied_layer(
    layer: keras.Layer,
) -> tuple[keras.Layer, list[tuple[keras.Layer, keras.Layer]]]:
    if functional_of(layer) is not None:
        return clone_graph(Graph.of(layer), class_of=own_class).model, []
    copy = copy_from_config(layer)
    return copy, [(layer, copy)]


def _described(features: Any) -> str:
    described = keras.tree.map_structure(lambda t: f"{t.dtype} of shape {t.shape}", features)
    return str(described).replace("'", "")

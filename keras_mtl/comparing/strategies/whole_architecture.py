"""Where the output of a network is, for another one in its place."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.pooling import Pooling
from keras_mtl.probing.candidates import find_candidates

RECTIFIERS = tuple(
    map(
        keras.activations.get,
        ("relu", "relu6", "leaky_relu", "elu", "selu", "gelu", "silu", "mish"),
    )
)
LAYERS = ("ReLU", "LeakyReLU", "PReLU", "ELU", "Relu", "Relu6", "LeakyRelu", "Gelu", "Silu")
"""Names of the layers and of the operations that are nothing but a rectifier."""


def last_cut(model: keras.Model, pooling: Pooling) -> str:
    """Return the last layer before the output layer of a network.

    The output layer is the last layer with a kernel; what comes after it, such as a softmax, goes
    with it. A network that ends with a normalisation or a rectifier gives features. It has no
    output layer, and all of it is kept.

    Args:
        model: The network.
        pooling: How a head pools features.
    """
    graph = Graph.of(model)
    candidates = find_candidates(graph, None, nested=True, pooling=pooling)
    calls = graph.opened.calls
    last = max((i for i, call in enumerate(calls) if _has_weights(call.operation)), default=0)
    if not _is_output(calls[last].operation) or any(_rectifies(c.operation) for c in calls[last:]):
        return candidates[-1].point.layer
    positions = {cut.call.path: cut.position for cut in graph.opened.legal_cuts}
    before = [one for one in candidates if positions[one.point.layer] < last]
    return (before or candidates)[-1].point.layer


def _has_weights(operation: Any) -> bool:
    return isinstance(operation, keras.Layer) and bool(operation.weights)


def _is_output(operation: Any) -> bool:
    return _has_weights(operation) and any(len(one.shape) > 1 for one in operation.weights)


def _rectifies(operation: Any) -> bool:
    named = type(operation).__name__ in LAYERS
    return named or getattr(operation, "activation", None) in RECTIFIERS

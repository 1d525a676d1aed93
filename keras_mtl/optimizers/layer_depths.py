"""How deep below the outputs the layers of a model stand."""

from __future__ import annotations

from collections import defaultdict

import keras

from keras_mtl.graph.call import Call
from keras_mtl.graph.chain import with_opened_chains
from keras_mtl.graph.layer_graph import Graph


def depths_of_weights(model: keras.Model) -> dict[int, int]:
    """Return the depths of the weights of a model by the `id` of the weight.

    The depth of a layer is the number of layers with a kernel that follow it on the longest path
    to an output. A kernel is a weight of two or more dimensions, so a normalization layer stands
    as deep as the layer before it. A layer that is called several times has its smallest depth.

    Raises:
        UnsupportedModel: `model` is a subclassed model.
        UnbuiltModel: `model` is a Sequential model without an input shape.
    """
    flow = with_opened_chains(Graph.of_whole(model).opened)
    below: dict[int, int] = defaultdict(int)  # By tensor: the layers with a kernel that follow.
    depths: dict[int, int] = {}
    for call in reversed(flow.calls):
        depth = max((below[number] for number in call.outputs), default=0)
        for weight in _weights(call):
            depths[id(weight)] = min(depth, depths.get(id(weight), depth))
        for number in call.inputs:
            below[number] = max(below[number], depth + _has_kernel(call))
    return depths


def _has_kernel(call: Call) -> bool:
    return any(len(weight.shape) >= 2 for weight in _weights(call))


def _weights(call: Call) -> list[keras.Variable]:
    return call.operation.weights if isinstance(call.operation, keras.Layer) else []

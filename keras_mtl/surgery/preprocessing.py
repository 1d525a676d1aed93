"""Layers in front of those that learn: preprocessing, and random augmentation."""

from __future__ import annotations

import keras

from keras_mtl.graph.call import Call
from keras_mtl.graph.dataflow import Dataflow
from keras_mtl.keras_private.layers import seed_states, sublayers

PREPROCESSING = (
    keras.layers.Normalization,
    keras.layers.Discretization,
    keras.layers.StringLookup,
    keras.layers.IntegerLookup,
    keras.layers.TextVectorization,
)
"""Layers whose weights are adapted to data, and not found by training."""


def augmentation(flow: Dataflow) -> list[Call]:
    """Return the calls of random layers that no layer which learns comes before.

    A layer that is called behind such a layer as well, such as a shared Dropout, is none of them.
    """
    learned: set[int] = set()
    for call in flow.calls:
        if learned.intersection(call.inputs) or _learns(call.operation):
            learned.update(call.outputs)
    behind = {id(call.operation) for call in flow.calls if learned.intersection(call.outputs)}
    return [call for call in flow.calls if id(call.operation) not in behind and _is_random(call)]


def _learns(operation: object) -> bool:
    return (
        isinstance(operation, keras.Layer)
        and bool(operation.weights)
        and not isinstance(operation, PREPROCESSING)
    )


def _is_random(call: Call) -> bool:
    layer = call.operation
    return isinstance(layer, keras.Layer) and any(map(seed_states, sublayers(layer)))

"""What Keras keeps private of graphs of layers: nodes, and how a Functional model runs them.

Written against Keras 3.15.
"""

from __future__ import annotations

import keras
from keras.src.backend import get_keras_mask, set_keras_mask
from keras.src.models.functional import Functional, operation_fn
from keras.src.ops.node import Node

__all__ = [
    "Functional",
    "Node",
    "get_keras_mask",
    "operation_fn",
    "ordered_nodes",
    "producer",
    "set_keras_mask",
]


def ordered_nodes(functional: Functional) -> list[Node]:
    """The calls of a graph from inputs to outputs, in the order in which Keras runs them."""
    by_depth = functional._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def producer(tensor: keras.KerasTensor) -> keras.Operation:
    """Return the operation whose call gave a symbolic tensor: for an input its InputLayer."""
    return tensor._keras_history.operation

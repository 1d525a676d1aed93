"""The operations of a model that run in inference mode whatever `fit` says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras

from keras_mtl.graph.call import Call
from keras_mtl.graph.chain import is_chain
from keras_mtl.graph.functional_models import functional_of
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.graphs import Functional, operation_fn
from keras_mtl.surgery.trunk import Trunk, in_inference, is_static


def static_operations(graph: Graph) -> set[int]:
    """Return the ids of the operations that a model always runs in inference mode."""
    static: dict[int, bool] = {}
    for operation, mode in _modes(graph.functional, graph.model, outer=False):
        static[operation] = static.get(operation, True) and mode
    return {operation for operation, mode in static.items() if mode}


def in_mode(static: set[int], training: bool) -> Callable[[Call], Callable[..., Any]]:
    """Return how `Graph.run` is to run the calls of a model.

    Args:
        static: What `static_operations` returns.
        training: The mode of the operations that are not static.
    """

    def choose(call: Call) -> Callable[..., Any]:
        if id(call.operation) in static:
            return in_inference(call.operation)
        return operation_fn(call.operation, training=training)

    return choose


def _modes(
    functional: Functional, model: keras.Model, *, outer: bool
) -> Iterator[tuple[int, bool]]:
    """Yield the ids of all operations, and whether each one always runs in inference mode."""
    for operation in functional.operations:
        mode = outer or (isinstance(model, Trunk) and is_static(operation))
        yield id(operation), mode
        inner = functional_of(operation)
        if inner is not None:
            yield from _modes(inner, operation, outer=mode)
        elif is_chain(operation):
            yield from ((id(part), mode) for part in operation.parts)

"""What Keras keeps private of graphs of layers: nodes, and how a Functional model runs them.

Written against Keras 3.15.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any

import keras
from keras.src.backend import get_keras_mask, set_keras_mask
from keras.src.models.functional import (
    Functional,
    functional_like_constructor,
    operation_fn,
)
from keras.src.ops.node import Node

__all__ = [
    "Functional",
    "HookedFunctional",
    "Node",
    "get_keras_mask",
    "inbound_nodes",
    "is_made_like_functional",
    "operation_classes",
    "operation_fn",
    "ordered_nodes",
    "producer",
    "producing_node",
    "sequential_graph",
    "set_keras_mask",
    "standardize_inputs",
]


def operation_classes(names: Iterable[str]) -> dict[str, type[keras.Operation]]:
    """Return those of Keras's operations behind `keras.ops` whose classes have these names.

    Keras has no list of them, and an `.h5` file has their bare names.
    """
    wanted = set(names)
    classes: list[type[keras.Operation]] = [keras.Operation]
    for one in classes:  # The list grows meanwhile, until it holds all subclasses.
        classes += one.__subclasses__()
    return {
        one.__name__: one
        for one in classes
        if one.__name__ in wanted and one.__module__.startswith("keras.src.ops.")
    }


def ordered_nodes(functional: Functional) -> list[Node]:
    """Return the calls of a graph from inputs to outputs, in the order in which Keras runs them."""
    by_depth = functional._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def inbound_nodes(operation: keras.Operation) -> list[Node]:
    """Return every call of an operation, in any graph, in the order in which they were made."""
    return operation._inbound_nodes


def producer(tensor: keras.KerasTensor) -> keras.Operation:
    """Return the operation whose call gave a symbolic tensor: for an input its InputLayer."""
    return tensor._keras_history.operation


def producing_node(tensor: keras.KerasTensor) -> Node:
    """Return the call that gave a symbolic tensor."""
    return inbound_nodes(producer(tensor))[tensor._keras_history.node_index]


def sequential_graph(model: keras.Sequential) -> Functional | None:
    """Return the Functional model that a built Sequential model runs; None before it is built."""
    return model._functional


def is_made_like_functional(cls: type) -> bool:
    """Return whether the constructor of a model class takes what its base class of Keras takes.

    Then a model of the class is made from a graph: of inputs and outputs, or of layers.
    """
    if not issubclass(cls, keras.Sequential):
        return functional_like_constructor(cls)
    own = inspect.getfullargspec(cls.__init__)  # type: ignore[misc]
    base = inspect.getfullargspec(keras.Sequential.__init__)
    return own.args == base.args or (own.varargs is not None and own.varkw is not None)


def standardize_inputs(functional: Functional, inputs: Any, masks: Any = None) -> list[Any]:
    """Return the inputs as `Functional.call` hands them to the graph, one for each input layer.

    A dict is matched by name, each input gets the dtype and the rank of its input layer, and
    masks are set on the tensors.
    """
    tensors = functional._standardize_inputs(inputs)
    for tensor, mask in zip(tensors, keras.tree.flatten(masks), strict=False):
        if mask is not None:
            set_keras_mask(tensor, mask)
    return tensors


class HookedFunctional(Functional):
    """A Functional model that lets subclasses choose how operations run, and follow its cloning."""

    def run_graph(
        self, inputs: Any, masks: Any, operation_fn: Callable[[keras.Operation], Any]
    ) -> Any:
        """Run the graph, each operation by the function that `operation_fn` gives for it."""
        tensors = standardize_inputs(self, inputs, masks)
        return self._run_through_graph(tensors, operation_fn=operation_fn)

    def layer_cloned(self, layer: keras.Layer, copy: keras.Layer) -> None:
        """Called by `keras.models.clone_model` for each layer, once all of them are copied."""

    def _run_through_graph(
        self,
        inputs: Any,
        operation_fn: Callable[[Any], Any] = lambda operation: operation,
        call_fn: Callable[..., Any] | None = None,
    ) -> Any:
        """Run the graph, and report copies of layers to `layer_cloned`.

        `keras.models.clone_model` runs the graph with an `operation_fn` that gives the copy of each
        layer. It has no public hook, and a config does not hold every flag.
        """
        copies: list[tuple[keras.Layer, keras.Layer]] = []

        def noting_copies(operation: Any) -> Any:
            called = operation_fn(operation)
            if isinstance(called, keras.Layer) and called is not operation:
                copies.append((operation, called))
            return called

        outputs = super()._run_through_graph(inputs, noting_copies, call_fn)
        for layer, copy in copies:
            self.layer_cloned(layer, copy)
        return outputs

"""The calls of a model one by one: nested models and heads opened, each call in its mode."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import keras

from keras_mtl.graph.layer_graph import Call, Graph, checked_functional, functional_of, graph_of
from keras_mtl.heads.head import Head
from keras_mtl.keras_private.graphs import Functional, operation_fn
from keras_mtl.surgery.trunk import Trunk, in_inference, is_static


@dataclass(frozen=True, eq=False)
class HeadPart:
    """Stands in for a node of the graph: one layer of a head, on the output of the one before."""

    operation: keras.Layer
    input_tensors: tuple[Any]
    outputs: tuple[Any]

    @property
    def arguments(self) -> HeadPart:
        """What fills in the arguments; a node keeps that in an object of its own."""
        return self

    def fill_in(self, values: dict[int, Any]) -> tuple[tuple[Any], dict[str, Any]]:
        """The arguments of the call, as those of a node are filled in."""
        return (values[id(self.input_tensors[0])],), {}


def steps_of(model: keras.Model) -> Graph:
    """The graph of a model with the models inside it and its heads opened."""
    graph = graph_of(model, nested=True)
    return replace(graph, calls=tuple(step for call in graph.calls for step in _opened(call)))


def static_operations(model: keras.Model) -> set[int]:
    """The ids of the operations that the model runs in inference mode whatever `fit` says."""
    static: dict[int, bool] = {}
    for operation, mode in _modes(checked_functional(model), outer=False):
        static[operation] = static.get(operation, True) and mode
    return {operation for operation, mode in static.items() if mode}


def run_steps(
    graph: Graph, values: dict[int, Any], static: set[int], training: bool
) -> dict[int, Any]:
    """The outputs of a graph.

    Args:
        graph: The steps to run.
        values: The tensors that the graph starts from, by their numbers.
        static: What `static_operations` returns.
        training: The mode of the steps that are not static.
    """
    uses = graph.last_uses()
    values = dict(values)
    for position, step in enumerate(graph.calls):
        if step.outputs[0] not in values:
            mode = None if id(step.operation) in static else training
            values |= zip(step.outputs, _run(step, values, mode), strict=True)
        for key in {*step.inputs, *step.outputs}:
            if uses.get(key, position) <= position:
                values.pop(key, None)
    return {key: values[key] for key in graph.outputs}


def _opened(call: Call) -> list[Call]:
    """The layers of a head as calls of their own; any other call as it is."""
    if not _is_chain(call.operation) or len(call.inputs) != 1:
        return [call]
    parts = call.operation.parts
    links = [call.node.input_tensors[0], *(object() for _ in parts[1:]), call.node.outputs[0]]
    keys = [call.inputs[0], *(id(link) for link in links[1:-1]), call.outputs[0]]
    return [
        Call(
            path=f"{call.path}/{part.name}",
            inputs=(keys[index],),
            outputs=(keys[index + 1],),
            node=HeadPart(part, (links[index],), (links[index + 1],)),
        )
        for index, part in enumerate(parts)
    ]


def _is_chain(operation: Any) -> bool:
    """Whether the operation runs its parts one after the other, as `Head` does."""
    return isinstance(operation, Head) and type(operation).call is Head.call


def _modes(functional: Functional, *, outer: bool) -> Iterator[tuple[int, bool]]:
    """The ids of all operations, and whether each one always runs in inference mode."""
    for operation in functional.operations:
        mode = outer or (isinstance(functional, Trunk) and is_static(operation))
        yield id(operation), mode
        inner = functional_of(operation)
        if inner is not None:
            yield from _modes(inner, outer=mode)
        elif _is_chain(operation):
            yield from ((id(part), mode) for part in operation.parts)


def _run(step: Call, values: dict[int, Any], training: bool | None) -> list[Any]:
    """The outputs of one step; `training` is None if the step is static."""
    known = {
        id(tensor): values[key]
        for tensor, key in zip(step.node.input_tensors, step.inputs, strict=True)
    }
    args, kwargs = step.node.arguments.fill_in(known)
    if training is not None:
        return keras.tree.flatten(operation_fn(step.operation, training=training)(*args, **kwargs))
    return keras.tree.flatten(in_inference(step.operation)(*args, **kwargs))

"""The graph of a model: which call feeds which, and which calls every path goes through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import keras

from keras_mtl.errors import UnbuiltModel, UnsupportedModel
from keras_mtl.keras_private.graphs import Functional, Node, ordered_nodes


@dataclass(frozen=True)
class Call:
    """One call of one operation.

    Tensors are known by numbers. `path` is the operation's name, `"name:1"` for its second call,
    `"outer/name"` inside a nested model.
    """

    path: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    node: Any = None

    @property
    def operation(self) -> Any:
        """The layer, or other operation, that is called."""
        return self.node.operation

    @property
    def tensors(self) -> list[Any]:
        """The symbolic outputs, in the order of `outputs`."""
        return self.node.outputs

    @property
    def is_input(self) -> bool:
        """Whether the call only stands for an input of the model."""
        return not self.inputs


@dataclass(frozen=True)
class Graph:
    """The calls that lead to the outputs, in an order in which they can run."""

    calls: tuple[Call, ...]
    outputs: frozenset[int]
    aliases: dict[int, int] = field(default_factory=dict)

    def key(self, tensor: Any) -> int:
        """The number of a symbolic tensor; the same for both sides of a nested model's border."""
        return _resolve(id(tensor), self.aliases)

    def leading_to(self, outputs: frozenset[int]) -> Graph:
        """The part that the tensors given depend on: unused inputs, for one, are left out."""
        needed = set(outputs)
        kept = []
        for call in reversed(self.calls):
            if needed.intersection(call.outputs):
                needed.update(call.inputs)
                kept.append(call)
        return Graph(tuple(reversed(kept)), outputs, self.aliases)

    def last_uses(self) -> dict[int, int]:
        """For each tensor that is used, the position of its last use; past the end for outputs."""
        uses = {tensor: i for i, call in enumerate(self.calls) for tensor in call.inputs}
        return uses | dict.fromkeys(self.outputs, len(self.calls))

    def dominators(self) -> Iterator[tuple[int, Call]]:
        """The calls that every path from any input to any output goes through, with positions.

        Positions follow a topological order, so a path avoids a call exactly if one of its edges
        jumps over the call's position: one sweep finds them all.
        """
        uses = self.last_uses()
        furthest = max((i for i, call in enumerate(self.calls) if call.is_input), default=0)
        for position, call in enumerate(self.calls):
            if furthest <= position:
                yield position, call
            furthest = max([furthest, *(uses[t] for t in call.outputs if t in uses)])

    def legal_cuts(self) -> Iterator[tuple[int, Call, Any]]:
        """Position, call and the one tensor that carries all that the rest of the model needs."""
        uses = self.last_uses()
        for position, call in self.dominators():
            carriers = [i for i, tensor in enumerate(call.outputs) if tensor in uses]
            if len(carriers) == 1 and not call.is_input:
                yield position, call, call.tensors[carriers[0]]


def graph_of(model: keras.Model, *, nested: bool = False) -> Graph:
    """The graph of a model; with `nested`, models inside it are opened.

    A nested model that is called more than once stays closed: its layers have no single place.
    """
    functional = checked_functional(model)
    aliases: dict[int, int] = {}
    calls = _collect(functional, "", aliases, nested)
    outputs = frozenset(_resolve(id(t), aliases) for t in functional.outputs)
    return Graph(tuple(calls), outputs, aliases).leading_to(outputs)


def functional_of(layer: Any) -> Functional | None:
    """The graph that a layer runs, if it is a model that does nothing else; None if not."""
    if isinstance(layer, keras.Sequential):
        return layer._functional if type(layer).call is keras.Sequential.call else None
    if isinstance(layer, Functional):
        call = type(layer).call
        return layer if call is Functional.call or hasattr(call, "runs_only_graph") else None
    return None


def runs_only_graph(call: Callable[..., Any]) -> Callable[..., Any]:
    """Mark the `call` of a subclass of Functional that runs the graph and nothing else."""
    call.runs_only_graph = True  # type: ignore[attr-defined]
    return call


def checked_functional(model: Any) -> Functional:
    """The graph behind `model`, or an error that says why it has none."""
    functional = functional_of(model)
    if functional is not None:
        return functional
    if isinstance(model, keras.Sequential) and not model._functional:
        raise UnbuiltModel(
            f"The Sequential model `{model.name}` has no graph of layers yet. Give it an input "
            "shape: start it with `keras.Input(shape)` or call `model.build(input_shape)`."
        )
    if isinstance(model, keras.Model):
        raise UnsupportedModel(
            f"`{model.name}` is a subclassed model ({type(model).__name__}): its `call` is Python "
            "code and not a graph of layers, so there is nothing to cut or to copy. Rebuild it "
            "with the functional API, or pass the functional model inside it."
        )
    raise UnsupportedModel(
        f"Expected a Functional or Sequential `keras.Model`, received {_described(model)}."
    )


def calls_by_name(functional: Functional) -> list[tuple[str, Node]]:
    """Each call of the graph with its name: `"name"` for the first, `"name:1"` for the second."""
    nodes = ordered_nodes(functional)
    members = set(nodes)
    names = {}
    for operation in {id(node.operation): node.operation for node in nodes}.values():
        own = [node for node in operation._inbound_nodes if node in members]
        for index, node in enumerate(own):
            names[node] = f"{operation.name}:{index}" if index else operation.name
    return [(names[node], node) for node in nodes]


def _collect(
    functional: Functional, prefix: str, aliases: dict[int, int], nested: bool
) -> list[Call]:
    named = calls_by_name(functional)
    times_called = Counter(id(node.operation) for _, node in named)
    calls: list[Call] = []
    for name, node in named:
        inner = functional_of(node.operation) if nested else None
        if inner is not None and times_called[id(node.operation)] == 1 and _plain_call(node, inner):
            for inside, outside in zip(inner.inputs, node.input_tensors, strict=True):
                aliases[id(inside)] = _resolve(id(outside), aliases)
            calls += _collect(inner, f"{prefix}{name}/", aliases, nested)
            for outside, inside in zip(node.outputs, inner.outputs, strict=True):
                aliases[id(outside)] = _resolve(id(inside), aliases)
        elif not (prefix and node.is_input):
            calls.append(
                Call(
                    path=prefix + name,
                    inputs=tuple(_resolve(id(t), aliases) for t in node.input_tensors),
                    outputs=tuple(id(t) for t in node.outputs),
                    node=node,
                )
            )
    return calls


def _plain_call(node: Node, inner: Functional) -> bool:
    """Whether the call passes the nested model its inputs and no other tensor, such as a mask."""
    return len(node.input_tensors) == len(inner.inputs)


def _resolve(tensor: int, aliases: dict[int, int]) -> int:
    return aliases.get(tensor, tensor)


def _described(value: Any) -> str:
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} of type `{type(value).__name__}`"

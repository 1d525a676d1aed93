"""Layers that are nothing but other layers one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import keras

from keras_mtl.graph.call import Call
from keras_mtl.graph.dataflow import Dataflow

_LINKS = count(-1, -1)
"""Numbers for the tensors between the parts: negative, since the `id` of a tensor never is."""


class Chain(keras.Layer):
    """A layer whose `call` runs the layers in `parts` one after the other.

    Surgery and caching may take it apart. A subclass whose `call` does something else as well
    leaves the mark `runs_only_parts` out, so that it stays whole.
    """

    parts: list[keras.Layer]


class JoiningPart(keras.Layer):
    """The first part of a chain on several tensors: it makes one tensor of them."""

    def in_plain_layers(self, features: Any) -> keras.KerasTensor:
        """Return the symbolic output for symbolic features, made by new layers of Keras's own."""
        raise NotImplementedError


def runs_only_parts(call: Any) -> Any:
    """Mark the `call` of a `Chain` that runs its parts and does nothing else."""
    call.runs_only_parts = True
    return call


def is_chain(operation: Any) -> bool:
    """Return whether an operation runs its parts one after the other, and nothing else."""
    return isinstance(operation, Chain) and hasattr(type(operation).call, "runs_only_parts")


def with_opened_chains(flow: Dataflow) -> Dataflow:
    """Return the same calls with the parts of each chain as calls of their own."""
    calls = [part for call in flow.calls for part in _parts(call)]
    return Dataflow(calls, flow.structure, flow.aliases)


def _parts(call: Call) -> Iterator[Call]:
    """Yield the calls of the parts of a chain; any other call as it is."""
    joins = is_chain(call.operation) and isinstance(call.operation.parts[0], JoiningPart)
    if not is_chain(call.operation) or (len(call.inputs) != 1 and not joins):
        yield call
        return
    inputs = call.inputs
    *first, last = call.operation.parts
    for part in first:
        outputs = (next(_LINKS),)
        link = Call(f"{call.path}/{part.name}", part, inputs, outputs)
        # It takes the tensors in the structure in which the chain takes them.
        yield replace(link, arguments=call.arguments) if isinstance(part, JoiningPart) else link
        inputs = outputs
    yield Call(f"{call.path}/{last.name}", last, inputs, call.outputs, call.tensors)

"""Layers that are nothing but other layers one after the other."""

from __future__ import annotations

from collections.abc import Iterator
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
    if not is_chain(call.operation) or len(call.inputs) != 1:
        yield call
        return
    inputs = call.inputs
    *first, last = call.operation.parts
    for part in first:
        outputs = (next(_LINKS),)
        yield Call(f"{call.path}/{part.name}", part, inputs, outputs)
        inputs = outputs
    yield Call(f"{call.path}/{last.name}", last, inputs, call.outputs, call.tensors)

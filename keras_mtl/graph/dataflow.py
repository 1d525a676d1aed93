"""Calls in an order in which they can run, and what follows from which one feeds which."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import keras

from keras_mtl.graph.call import Call
from keras_mtl.keras_private.graphs import get_keras_mask


class LegalCut(NamedTuple):
    """A call whose output is all that the rest of the model needs."""

    position: int
    call: Call
    number: int
    """The number of the one output that is used."""


class Dataflow:
    """The calls that lead to some tensors, in an order in which they can run.

    Tensors are known by numbers. A mask travels beside its tensor and has no number, except where
    a layer takes it as an argument without taking the tensor that carries it.

    Args:
        calls: The calls.
        structure: The numbers of the outputs, in the structure in which `run` returns their values.
        aliases: The numbers of tensors that are the same as another one: both sides of the border
            of a nested model.
    """

    def __init__(
        self, calls: Sequence[Call], structure: Any, aliases: Mapping[int, int] | None = None
    ) -> None:
        self.calls = tuple(calls)
        self.structure = structure
        self.outputs = frozenset(keras.tree.flatten(structure))
        self.aliases = aliases or {}

    def number(self, tensor: Any) -> int:
        """Return the number of a symbolic tensor."""
        # Keras keeps symbolic tensors alive with their model, so an `id` is not used twice.
        return self.aliases.get(id(tensor), id(tensor))

    @cached_property
    def by_path(self) -> dict[str, Call]:
        """The calls by their paths; borders of nested models have no name."""
        return {call.path: call for call in self.calls if not call.is_entry}

    @cached_property
    def last_uses(self) -> dict[int, int]:
        """For each tensor that is used, the position of its last use; past the end for outputs."""
        uses = {number: i for i, call in enumerate(self.calls) for number in call.inputs}
        return uses | dict.fromkeys(self.outputs, len(self.calls))

    @cached_property
    def legal_cuts(self) -> tuple[LegalCut, ...]:
        """The calls after which one tensor carries all that the rest of the model needs."""
        found = []
        for position, call in self.dominators():
            used = self.used_outputs(call)
            if len(used) == 1 and not call.is_input and not call.is_entry:
                found.append(LegalCut(position, call, used[0]))
        return tuple(found)

    def used_outputs(self, call: Call) -> list[int]:
        """Return the numbers of the outputs of a call that something uses."""
        return [number for number in call.outputs if number in self.last_uses]

    def dominators(self) -> Iterator[tuple[int, Call]]:
        """Yield the calls that every path from any input to any output goes through.

        Positions follow a topological order, so a path avoids a call exactly if one of its edges
        jumps over the call's position: one sweep finds them all.
        """
        furthest = max((i for i, call in enumerate(self.calls) if call.is_input), default=0)
        for position, call in enumerate(self.calls):
            if furthest <= position:
                yield position, call
            ends = (self.last_uses[number] for number in self.used_outputs(call))
            furthest = max([furthest, *ends])

    def leading_to(self, structure: Any) -> Dataflow:
        """Return the part that some tensors depend on: unused inputs, for one, are left out."""
        needed = set(keras.tree.flatten(structure))
        kept = []
        for call in reversed(self.calls):
            if needed.intersection(call.outputs):
                needed.update(call.inputs)
                kept.append(call)
        return Dataflow(tuple(reversed(kept)), structure, self.aliases)

    def run(
        self,
        values: Mapping[int, Any],
        call: Callable[[Call], Callable[..., Any]] = lambda call: call.operation,
    ) -> Any:
        """Run the calls and return the values of the outputs, in their structure.

        Args:
            values: The tensors to start from, by their numbers; what gives them is not called.
            call: Returns the function that runs a call: its operation in a mode, or a copy of it.
        """
        values = dict(values)
        # Noted before any call: a layer may remove the mask of a tensor that it is given, as
        # MultiHeadAttention does, and a later layer still needs it.
        masks = {number: get_keras_mask(value) for number, value in values.items()}
        for position, one in enumerate(self.calls):
            # What the caller gave (inputs, or the features at a cut) is not computed.
            if one.outputs[0] not in values:
                args, kwargs = one.fill_in(values, masks)
                outputs = keras.tree.flatten(call(one)(*args, **kwargs))
                values.update(zip(one.outputs, outputs, strict=True))
                masks.update((number, get_keras_mask(values[number])) for number in one.outputs)
            # Values are freed after their last use, so that a pass needs no more memory than Keras.
            for number in {*one.inputs, *one.outputs}:
                if self.last_uses.get(number, position) <= position:
                    values.pop(number)
                    masks.pop(number)
        return keras.tree.map_structure(values.__getitem__, self.structure)

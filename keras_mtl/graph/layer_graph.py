"""The graph of a model: made once, then asked, cut, and run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import keras

from keras_mtl.errors import InvalidCut, LayerNotFound
from keras_mtl.graph import cut_messages as messages
from keras_mtl.graph.call import Call, ModelEntry
from keras_mtl.graph.cut_numbers import checked_number, counted_layers, path_of_number
from keras_mtl.graph.dataflow import Dataflow
from keras_mtl.graph.functional_models import checked_functional, functional_of
from keras_mtl.graph.node_reading import read_calls
from keras_mtl.graph.preprocessors import warn_of_preprocessor
from keras_mtl.keras_private.graphs import Functional

Tensors = dict[str, keras.KerasTensor]

WHOLE = ()
"""The paths that stand for the whole model, all its outputs as they are."""


class Graph(Dataflow):
    """The calls of a model, nested models as single calls; `opened` shows the calls inside them.

    `Graph.of(model)` reads the model. Everything that needs the graph of a model is handed this
    object, so that it is read once.

    Attributes:
        model: The model.
        functional: The Functional model that it runs: itself, or what a Sequential model holds.
        inputs: The numbers of its inputs, in their order.
    """

    def __init__(
        self,
        model: keras.Model,
        functional: Functional,
        calls: Sequence[Call],
        structure: Any,
        read: dict[int, Graph],
        parts: dict[str, Graph] | None = None,
    ) -> None:
        super().__init__(calls, structure)
        self.model = model
        self.functional = functional
        self.inputs = tuple(map(id, functional.inputs))
        self._read = read
        self._parts = parts or {}

    @classmethod
    def of(cls, model: keras.Model) -> Graph:
        """Read the graph of a model, to make something else of its layers.

        Warns if the model does something to its inputs that its layers do not.

        Raises:
            UnsupportedModel: `model` is a subclassed model, or no model.
            UnbuiltModel: `model` is a Sequential model without an input shape.
        """
        graph = cls.of_whole(model)
        warn_of_preprocessor(model)
        return graph

    @classmethod
    def of_whole(cls, model: keras.Model) -> Graph:
        """Read the graph of a model whose class is kept; `of` says what it raises."""
        return cls._of(model, checked_functional(model), {})

    @classmethod
    def _of(cls, model: keras.Model, functional: Functional, read: dict[int, Graph]) -> Graph:
        structure = keras.tree.map_structure(id, functional.output)
        used = Dataflow(read_calls(functional), structure).leading_to(structure)
        return cls(model, functional, used.calls, structure, read)

    @cached_property
    def opened(self) -> Dataflow:
        """The same graph with the calls of nested models in the place of the models.

        A nested model that is called more than once stays closed: its layers have no single place.
        """
        aliases: dict[int, int] = {}
        calls = list(self._opened_calls("", aliases))
        structure = keras.tree.map_structure(lambda n: aliases.get(n, n), self.structure)
        return Dataflow(calls, structure, aliases).leading_to(structure)

    def nested(self, call: Call) -> Graph | None:
        """Return the graph of the model that a call runs; None if it runs something else."""
        if call.path in self._parts:
            return self._parts[call.path]
        functional = functional_of(call.operation)
        if functional is None:
            return None
        if id(functional) not in self._read:
            self._read[id(functional)] = self._of(call.operation, functional, self._read)
        return self._read[id(functional)]

    def find(self, name: str) -> Call:
        """Return the call with a name: `"layer"`, `"layer:1"`, or `"outer/inner"`.

        Raises:
            LayerNotFound: There is none; near names are suggested.
        """
        return self._located(name)[1]

    def legal_path(self, name: str) -> str:
        """Return a name in its shortest form, if the model can be cut there.

        Raises:
            LayerNotFound: No call has the name.
            InvalidCut: The model cannot be cut there.
        """
        flow, call = self._located(name)
        if call.is_input:
            raise InvalidCut(
                f"`{name}` is an input layer: nothing would be kept. {messages.first_legal(flow)}"
            )
        if all(call is not legal.call for legal in flow.legal_cuts):
            raise InvalidCut(
                f"The model cannot be cut at `{name}`. {messages.why_illegal(flow, call)}"
                f"{self._nested_alone(call.path)} {messages.nearest_legal(flow, call)}"
            )
        return call.path

    def cut(self, cut: int | str | Sequence[str]) -> tuple[str, ...]:
        """Return the paths of the calls that a `cut` keeps last; `WHOLE` for the whole model.

        Raises:
            LayerNotFound: No call has the name given.
            InvalidCut: The model cannot be cut there, or `cut` is of another type.
        """
        if isinstance(cut, str):
            return (self.legal_path(cut),)
        if isinstance(cut, list | tuple):
            if not cut:
                raise InvalidCut("`cut` is an empty list. Name at least one layer to keep.")
            return tuple(dict.fromkeys(map(self._output_path, cut)))
        number = checked_number(cut, layers := counted_layers(self.functional))
        return (path_of_number(self, layers, number),) if number else WHOLE

    def tensor(self, path: str) -> keras.KerasTensor:
        """Return the symbolic tensor that is kept where the model is cut at a path."""
        flow, call = self._located(path)
        return call.tensors[call.outputs.index(flow.used_outputs(call)[0])]

    def part(self, paths: Sequence[str]) -> Graph:
        """Return the part that leads to the calls at `paths`, which are what `cut` returns.

        Its output is the tensor kept at the one path, or a dict of them by path.
        """
        if tuple(paths) == WHOLE:
            return self
        wanted = {path: self.tensor(path) for path in paths}
        structure = wanted if len(wanted) > 1 else wanted[paths[0]]
        return self._narrowed(wanted, keras.tree.map_structure(id, structure), whole=False)

    @property
    def is_whole(self) -> bool:
        """Whether the graph is that of the model, and not a part of it."""
        whole = keras.tree.map_structure(id, self.functional.output)
        return not self._parts and self.structure == whole

    def all_calls(self) -> Iterator[Call]:
        """Yield the calls, those in a nested model after the call of the model."""
        for call in self.calls:
            yield call
            nested = self.nested(call)
            if nested is not None:
                yield from nested.all_calls()

    def place(self, number: int) -> str | None:
        """Return where a tensor is made: positions of calls, from the outermost, and the output.

        A model that is built anew has the same places, while Keras may count other names.
        """
        for position, call in enumerate(self.calls):
            if number in call.outputs:
                return f"{position}.{call.outputs.index(number)}"
            nested = self.nested(call)
            inner = None if nested is None else nested.place(number)
            if inner is not None:
                return f"{position}.{inner}"
        return None

    def part_at(self, places: Any) -> Graph:
        """Return the part that leads to the tensors at `places`, a structure of what `place` gives.

        Its outputs have that structure.
        """
        wanted = dict(map(self._at, keras.tree.flatten(places)))
        numbers = keras.tree.map_structure(lambda place: id(self._at(place)[1]), places)
        return self._narrowed(wanted, numbers, whole=False)

    def _at(self, place: str) -> tuple[str, keras.KerasTensor]:
        """Return a key for the tensor at a place, which begins with the path, and the tensor."""
        first, _, rest = place.partition(".")
        call = self.calls[int(first)]
        if "." not in rest:
            return f"{call.path} {rest}", call.tensors[int(rest)]
        nested = self.nested(call)
        assert nested is not None  # A place with more positions leads into a model.
        key, tensor = nested._at(rest)
        return f"{call.path}/{key}", tensor

    def _located(self, name: str) -> tuple[Dataflow, Call]:
        """Return the call with a name, and the view that it stands in."""
        if not isinstance(name, str):
            raise LayerNotFound(
                f"A layer is given by its name. Received: {name!r} (of type "
                f"`{type(name).__name__}`)."
            )
        for wanted in (name, name.removesuffix(":0")):
            for flow in (self, self.opened) if "/" in wanted else (self,):
                if wanted in flow.by_path:
                    return flow, flow.by_path[wanted]
        raise LayerNotFound(messages.not_found(self.model.name, self, self.opened, name))

    def _nested_alone(self, path: str) -> str:
        """Return a sentence, with a space before it, for a cut that is legal in its own model."""
        outer, _, inner = path.rpartition("/")
        graph: Graph = self
        for name in outer.split("/") if outer else ():
            nested = graph.nested(graph.find(name))
            assert nested is not None  # A path with a "/" leads into models.
            graph = nested
        if graph is self or all(inner != cut.call.path for cut in graph.legal_cuts):
            return ""
        return f" {messages.nested_alone(outer, inner)}"

    def _output_path(self, name: Any) -> str:
        """Return a name in its shortest form; several outputs need not be legal cuts one by one."""
        if not isinstance(name, str):
            raise InvalidCut(
                f"A list of cuts holds names of layers. Received: {name!r} "
                f"(of type `{type(name).__name__}`)."
            )
        flow, call = self._located(name)
        if call.is_input:
            raise InvalidCut(f"`{name}` is an input layer: its output is the input. Leave it out.")
        used = len(flow.used_outputs(call))
        if used != 1:
            raise InvalidCut(
                f"`{name}` has {used} outputs that the model uses; a cut takes one. Cut at the "
                "layers that use them instead."
            )
        return call.path

    def _opened_calls(self, prefix: str, aliases: dict[int, int]) -> Iterator[Call]:
        times_called = Counter(id(call.operation) for call in self.calls)
        for call in self.calls:
            nested = self.nested(call) if times_called[id(call.operation)] == 1 else None
            path = f"{prefix}{call.path}"
            inputs = tuple(aliases.get(number, number) for number in call.inputs)
            if nested is not None:
                # Where the border does nothing, the tensors on its two sides count as one, so that
                # cuts on both sides have one name; else a call at the border does the preparing.
                if call.prepares_inputs:
                    yield _entry(call, nested, path, inputs)
                else:
                    aliases.update(zip(nested.inputs, inputs, strict=True))
                yield from nested._opened_calls(f"{path}/", aliases)
                inside = keras.tree.flatten(nested.structure)
                outside = (aliases.get(number, number) for number in inside)
                aliases.update(zip(call.outputs, outside, strict=True))
            elif not (prefix and call.is_input):
                yield replace(call, path=path, inputs=inputs)

    def _narrowed(self, wanted: Tensors, structure: Any, *, whole: bool) -> Graph:
        """Return the calls that lead to the tensors wanted, or all; nested models give theirs too.

        Args:
            wanted: The tensors by their paths.
            structure: The numbers of the outputs of the result.
            whole: Whether the outputs of the model itself are kept as well.
        """
        inside: dict[str, Tensors] = {}
        for path, tensor in wanted.items():
            outer, _, inner = path.partition("/")
            if inner:
                inside.setdefault(outer, {})[inner] = tensor
        needed = {id(tensor) for path, tensor in wanted.items() if "/" not in path}
        needed |= self.outputs if whole else set()
        calls: list[Call] = []
        parts = dict(self._parts)
        # Backwards, so that what a call needs is known before the calls that give it are met.
        for call in reversed(self.calls):
            is_used = bool(needed.intersection(call.outputs))
            if call.path in inside:
                call, parts[call.path] = self._tapped(call, inside[call.path], is_used)
            elif not is_used:
                continue
            needed.update(call.inputs)
            calls.append(call)
        calls.reverse()
        return Graph(self.model, self.functional, calls, structure, self._read, parts)

    def _tapped(self, call: Call, taps: Tensors, is_used: bool) -> tuple[Call, Graph]:
        """Return the call of a nested model that gives tensors inside it, and its own outputs."""
        nested = self.nested(call)
        assert nested is not None  # A path with a "/" leads into a model.
        tensors = (*taps.values(), *(call.tensors if is_used else ()))
        numbers = list(map(id, taps.values()))
        outputs = keras.tree.flatten(nested.structure) if is_used else []
        part = nested._narrowed(taps, [*numbers, *outputs], whole=is_used)
        own = call.outputs if is_used else ()
        return replace(call, outputs=(*numbers, *own), tensors=tensors), part


def _entry(call: Call, nested: Graph, path: str, inputs: tuple[int, ...]) -> Call:
    return Call(
        path=f"{path}/(inputs)",
        operation=ModelEntry(nested.functional),
        inputs=inputs,
        outputs=nested.inputs,
        tensors=tuple(nested.functional.inputs),
        arguments=call.arguments,
    )

"""Calls of copies of operations, which make a copy of a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras

from keras_mtl.common.structures import unwrap_single
from keras_mtl.errors import CloneError
from keras_mtl.graph.call import Call
from keras_mtl.graph.dataflow import Dataflow
from keras_mtl.graph.functional_models import functional_of
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.graphs import Functional, get_keras_mask, producing_node
from keras_mtl.surgery.layer_copies import copy_of_input
from keras_mtl.surgery.own_configs import (
    Origin,
    Rebuilt,
    Sourced,
    loads_unbuilt,
    rebuilds_itself,
    rebuilt_model,
)

ClassOf = Callable[[Any], Callable[..., Functional]]


@dataclass(frozen=True)
class Copy:
    """A copy of a graph.

    Attributes:
        model: The copy.
        operations: The copies of the operations of the graph, by the ids of the originals.
    """

    model: Functional
    operations: Mapping[int, Any]

    def of(self, operation: Any) -> Any:
        """Return the copy of an operation; what was not copied (an InputLayer) as it is."""
        return self.operations.get(id(operation), operation)


class Cloner:
    """Calls copies of operations on each other as the originals were called; copies each once.

    Attributes:
        copies: The copies made so far, by the ids of the originals.
    """

    def __init__(
        self,
        class_of: ClassOf,
        copy_layer: Callable[[Any], Any],
        rebuild_model: Callable[[keras.Model], Rebuilt] = rebuilt_model,
        copy_input: Callable[[Any], Any] = copy_of_input,
    ) -> None:
        self.copies: dict[int, Any] = {}
        self._copy_input = copy_input
        self._class_of = class_of
        self._copy_layer = copy_layer
        self._rebuild_model = rebuild_model
        self._pairs: list[tuple[Any, Any]] = []

    def copy_model(self, graph: Graph, name: str) -> Functional:
        """Return a model of the copied operations, without their state.

        Where the operations do not serve one by one, they come from a model that is built anew.
        """
        rebuilt = self.copy_operations(graph)
        make = self._class_of(graph.model)
        if rebuilt is not None and make is Functional:
            rebuilt.name = name
            return rebuilt
        model = self._model(graph, make, name)
        if rebuilt is not None and isinstance(model, Sourced):
            model.origin = Origin.of(graph)
        return model

    def copy_operations(self, graph: Graph) -> keras.Model | None:
        """Copy the operations of a graph but for nested models; return the model built for that.

        Returns:
            None where the operations were copied one by one.

        Raises:
            CloneError: An operation cannot be copied, nor the model as a whole.
        """
        calls = [call for call in graph.calls if not call.is_input and graph.nested(call) is None]
        new = {id(c.operation): c.operation for c in calls if id(c.operation) not in self.copies}
        alone = list(new.values())
        if not alone or not rebuilds_itself(graph.model):
            self._copy_each(alone)
            return None
        ways = [partial(self._copy_each, alone), partial(self._copy_whole, graph)]
        if any(map(loads_unbuilt, alone)):
            # One by one they make as good a copy in memory, which Keras could not load.
            ways.reverse()
        first, second = ways
        try:
            return first()
        except CloneError as error:
            try:
                return second()
            except CloneError as other:
                raise CloneError(f"{error}\nNor in another way: {other}") from error

    def _copy_each(self, operations: list[Any]) -> None:
        """Copy operations one by one."""
        self._add([(operation, self._copy_layer(operation)) for operation in operations])

    def _copy_whole(self, graph: Graph) -> keras.Model:
        """Take the operations of a model that is built anew; return that model."""
        rebuilt = self._rebuild_model(graph.model)
        operations = [call.operation for call in graph.all_calls()]
        nested = {id(each) for each in operations if functional_of(each) is not None}
        self._add([pair for pair in rebuilt.pairs if id(pair[0]) not in nested])
        return rebuilt.model

    def _add(self, pairs: list[tuple[Any, Any]]) -> None:
        self.copies.update((id(source), copy) for source, copy in pairs)
        self._pairs += pairs

    def _model(self, graph: Graph, make: Callable[..., Functional], name: str) -> Functional:
        # Inputs keep their structure: calls inside the model, and the user's, are made with it.
        inputs = keras.tree.map_structure(self._copy_input, graph.functional.input)
        values = dict(zip(graph.inputs, keras.tree.flatten(inputs), strict=True))
        outputs = self.replay(graph, graph, values)
        return make(inputs, unwrap_single(outputs), name=name)

    def replay(self, graph: Graph, calls: Dataflow, values: dict[int, Any]) -> Any:
        """Call the copies of the operations in some calls of a graph; return the outputs."""
        return calls.run(values, lambda call: partial(self._call_copy, graph, call))

    def copy_states(self, copy_state: Callable[[Any, Any], None]) -> None:
        """Give each copy the state of its original."""
        for source, copy in self._pairs:
            copy_state(source, copy)

    def _call_copy(self, graph: Graph, call: Call, *args: Any, **kwargs: Any) -> Any:
        _refuse_variables(call.operation, (args, kwargs))
        outputs = self._copy(graph, call)(*args, **kwargs)
        for source, made in zip(call.tensors, keras.tree.flatten(outputs), strict=True):
            self._name_mask(get_keras_mask(source), get_keras_mask(made))
        return outputs

    def _name_mask(self, source: Any, made: Any) -> None:
        """Give the operations that compute a mask the names that they have in the source.

        A layer that is called makes them anew, under names that another operation may have.
        """
        if not (isinstance(source, keras.KerasTensor) and isinstance(made, keras.KerasTensor)):
            return
        old, new = producing_node(source), producing_node(made)
        # The mask is the output of an operation of the graph, whose copy has its name already.
        is_copied = old.is_input or id(old.operation) in self.copies
        if is_copied or type(old.operation) is not type(new.operation):
            return
        new.operation.name = old.operation.name
        for before, after in zip(old.input_tensors, new.input_tensors, strict=False):
            self._name_mask(before, after)

    def _copy(self, graph: Graph, call: Call) -> Any:
        key = id(call.operation)
        if key not in self.copies:
            nested = graph.nested(call)
            if nested is not None:
                self.copies[key] = self.copy_model(nested, call.operation.name)
            else:
                self._copy_each([call.operation])
        return self.copies[key]


class Regrouper(Cloner):
    """Calls operations themselves, not copies, so that they make up models of another class."""

    def __init__(self, class_of: ClassOf) -> None:
        super().__init__(class_of, lambda operation: operation)

    def copy_operations(self, graph: Graph) -> None:
        """Take the operations as they are."""


def _refuse_variables(operation: Any, arguments: Any) -> None:
    if any(isinstance(value, keras.Variable) for value in keras.tree.flatten(arguments)):
        raise CloneError(
            f"`{operation.name}` takes a variable as its argument: a copy would share it "
            "with the original. Use the variable inside a layer instead."
        )

"""Models built anew as a whole from their own config, as Keras loads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import keras

from keras_mtl.errors import CloneError
from keras_mtl.graph.call import Call
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.graphs import is_made_like_functional
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.surgery.rebuilding import rebuild


@dataclass(frozen=True)
class Origin:
    """The model whose config a copy is built from, where the configs of its layers do not serve.

    Attributes:
        source: The class and config of the model, as Keras saves it.
        outputs: Where in its graph the outputs of the copy are made; None for the whole model.
        names: The names of its operations.
    """

    source: dict[str, Any]
    outputs: Any
    names: list[str]

    @classmethod
    def of(cls, graph: Graph) -> Origin:
        """Return the origin of a copy of a graph."""
        whole = Graph.of_whole(graph.model)
        if graph.is_whole and isinstance(graph.model, Sourced) and graph.model.origin is not None:
            return graph.model.origin
        outputs = None
        if not graph.is_whole:
            outputs = keras.tree.map_structure(whole.place, graph.structure)
        names = [call.operation.name for call in whole.all_calls()]
        return cls(keras.saving.serialize_keras_object(graph.model), outputs, names)

    def graph(self, custom_objects: Any = None) -> Graph:
        """Return the graph, or the part of it, of a model built anew, with fresh weights."""
        model = keras.saving.deserialize_keras_object(self.source, custom_objects)
        whole = Graph.of_whole(model)
        for call, name in zip(whole.all_calls(), self.names, strict=True):
            call.operation.name = name
        # Read again: the paths of the calls are made of the names.
        whole = Graph.of_whole(model)
        return whole if self.outputs is None else whole.part_at(self.outputs)


class Sourced:
    """A model that may be saved as a part of another one, instead of layer by layer."""

    origin: Origin | None = None


class Rebuilt(NamedTuple):
    """A model built anew, and the pairs of an operation of the original and its counterpart."""

    model: keras.Model
    pairs: list[tuple[Any, Any]]


def rebuilds_itself(model: keras.Model) -> bool:
    """Return whether a model has a config of its own, which is not that of its layers."""
    if isinstance(model, Sourced):
        return model.origin is not None
    return not is_made_like_functional(type(model))


def loads_unbuilt(operation: Any) -> bool:
    """Return whether Keras loads a layer alone without the variables of the layers inside it.

    Keras 3.15 takes a layer without a `build` for built when it loads it. The layers inside are
    built when `call` runs, which a layer that tells the shape of its outputs itself need not do.
    """
    if not isinstance(operation, keras.Layer) or type(operation).build is not keras.Layer.build:
        return False
    shapes = ("compute_output_shape", "compute_output_spec")
    tells = any(getattr(type(operation), name) is not getattr(keras.Layer, name) for name in shapes)
    return tells and any(part.variables for part in sublayers(operation)[1:])


def rebuilt_model(
    model: keras.Model, get_config: Callable[[], dict[str, Any]] | None = None
) -> Rebuilt:
    """Build a model anew from its own config, without its state.

    Args:
        model: A Functional model, which is not changed. Its class may have a constructor that makes
            the layers.
        get_config: Gives the config; `model.get_config` by default.

    Raises:
        CloneError: The class cannot be built from its config, or has other layers then.
    """
    copy = rebuild(model, get_config)
    pairs = list(_pairs(Graph.of_whole(model), Graph.of_whole(copy)))
    for source, new in pairs:
        # Names that Keras gives by counting are other ones in the second model.
        new.name = source.name
    return Rebuilt(copy, pairs)


def _pairs(source: Graph, copy: Graph) -> Iterator[tuple[Any, Any]]:
    """Yield the operations of two graphs in pairs, those of nested models too."""
    first, second = list(source.all_calls()), list(copy.all_calls())
    if list(map(_kind, first)) != list(map(_kind, second)):
        raise CloneError(
            f"`{source.model.name}` ({type(source.model).__name__}) cannot be copied: built from "
            "its `get_config` it has other layers or variables than the original."
        )
    return ((old.operation, new.operation) for old, new in zip(first, second, strict=True))


def _kind(call: Call) -> Any:
    """Return what must be the same of a call in a model that is built anew."""
    variables = call.operation.variables if isinstance(call.operation, keras.Layer) else []
    tensors = [(tensor.shape, tensor.dtype) for tensor in call.tensors]
    return type(call.operation), tensors, [variable.shape for variable in variables]

"""Models built anew as a whole from their own config, as Keras loads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import keras

from keras_mtl.errors import CloneError
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.surgery.rebuilding import rebuild


class Rebuilt(NamedTuple):
    """A model built anew, and the pairs of an operation of the original and its counterpart."""

    model: keras.Model
    pairs: list[tuple[Any, Any]]


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
    if len(source.calls) != len(copy.calls):
        raise _other_layers(source.model)
    for first, second in zip(source.calls, copy.calls, strict=True):
        inner, new = source.nested(first), copy.nested(second)
        if type(first.operation) is not type(second.operation) or (inner is None) != (new is None):
            raise _other_layers(source.model)
        yield first.operation, second.operation
        if inner is not None and new is not None:
            yield from _pairs(inner, new)


def _other_layers(model: keras.Model) -> CloneError:
    return CloneError(
        f"`{model.name}` ({type(model).__name__}) cannot be copied: built from its `get_config` it "
        "has other layers than the original."
    )

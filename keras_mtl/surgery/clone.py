"""Copies of models that compute what the originals compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras_mtl.graph.layer_graph import Graph
from keras_mtl.surgery.cloner import ClassOf, Cloner, Copy
from keras_mtl.surgery.layer_copies import copy_from_config, copy_layer_state


def clone_graph(
    graph: Graph,
    *,
    class_of: ClassOf,
    name: str | None = None,
    copy_layer: Callable[[Any], Any] | None = None,
    copy_state: Callable[[Any, Any], None] | None = None,
) -> Copy:
    """Copy a graph, or the part of one that leads to a cut, with its state.

    Args:
        graph: The graph of a model, which is not changed; `graph.part(paths)` for a part of it.
        class_of: The class of the copy of a model, for the model and those inside it.
        name: The name of the copy; by default the name of the model.
        copy_layer: Copies an operation that is no model, without its state.
        copy_state: Copies the state of an operation: weights, vocabularies, seeds.

    Raises:
        CloneError: A layer cannot be copied; the message says which and why.
    """
    cloner = Cloner(class_of, copy_layer or copy_from_config)
    model = cloner.copy_model(graph, name or graph.model.name)
    cloner.copy_states(copy_state or copy_layer_state)
    return Copy(model, cloner.copies)

"""Copies of models that compute what the originals compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from keras_mtl.graph.layer_graph import Graph
from keras_mtl.surgery.cloner import ClassOf, Cloner, Copy
from keras_mtl.surgery.layer_copies import copy_from_config, copy_layer_state, copy_of_input
from keras_mtl.surgery.own_configs import Rebuilt, rebuilt_model


def clone_graph(
    graph: Graph,
    *,
    class_of: ClassOf,
    name: str | None = None,
    copy_layer: Callable[[Any], Any] | None = None,
    copy_state: Callable[[Any, Any], None] | None = None,
    rebuild_model: Callable[[keras.Model], Rebuilt] = rebuilt_model,
    copy_input: Callable[[Any], Any] = copy_of_input,
) -> Copy:
    """Copy a graph, or the part of one that leads to a cut, with its state.

    Args:
        graph: The graph of a model, which is not changed; `graph.part(paths)` for a part of it.
        class_of: The class of the copy of a model, for the model and those inside it.
        name: The name of the copy; by default the name of the model.
        copy_layer: Copies an operation that is no model, without its state.
        copy_state: Copies the state of an operation: weights, vocabularies, seeds.
        rebuild_model: Builds a model anew from its own config, where its layers cannot be copied
            one by one.
        copy_input: Returns a new symbolic input for one of a model.

    Raises:
        CloneError: A layer cannot be copied; the message says which and why.
    """
    cloner = Cloner(class_of, copy_layer or copy_from_config, rebuild_model, copy_input)
    model = cloner.copy_model(graph, name or graph.model.name)
    cloner.copy_states(copy_state or copy_layer_state)
    return Copy(model, cloner.copies)

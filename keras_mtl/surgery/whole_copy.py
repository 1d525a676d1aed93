"""A copy of a whole model with its weights, its flags and how it is compiled."""

from __future__ import annotations

import keras

from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.graphs import Functional
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.fresh_compile import compile_like
from keras_mtl.surgery.own_training import own_training
from keras_mtl.surgery.trunk import own_class


def whole_copy(model: keras.Model, *, compiled: bool = True) -> Functional:
    """Return a model that computes what a model computes, and shares nothing with it.

    It is compiled as the model with a fresh optimizer. A class of the user's with methods of
    training of its own becomes a Functional model that is not compiled.

    Args:
        model: A Functional or built Sequential model. It is not changed.
        compiled: Whether the copy is compiled if the model is.

    Raises:
        CloneError: A layer, a metric or the optimizer cannot be copied.
    """
    made = clone_graph(Graph.of_whole(model), class_of=own_class)
    for layer in sublayers(model):
        if not isinstance(layer, keras.Model):
            # Not every config holds the flag of its layer.
            for part, new in zip(sublayers(layer), sublayers(made.of(layer)), strict=True):
                new.trainable = part.trainable
    if compiled and model.compiled and not own_training(model):
        compile_like(made.model, model)
    return made.model

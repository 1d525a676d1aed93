"""Which models are a graph of layers, and the Functional model that runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from keras_mtl.errors import UnbuiltModel, UnsupportedModel
from keras_mtl.keras_private.graphs import Functional, sequential_graph


def functional_of(layer: Any) -> Functional | None:
    """Return the graph that a layer runs, if it is a model that does nothing else; None if not."""
    if isinstance(layer, keras.Sequential):
        return sequential_graph(layer) if type(layer).call is keras.Sequential.call else None
    if isinstance(layer, Functional):
        # A subclass with a `call` of its own may do more than run the graph.
        call = type(layer).call
        return layer if call is Functional.call or hasattr(call, "runs_only_graph") else None
    return None


def runs_only_graph(call: Callable[..., Any]) -> Callable[..., Any]:
    """Mark the `call` of a subclass of Functional that runs the graph and nothing else."""
    call.runs_only_graph = True  # type: ignore[attr-defined]
    return call


def checked_functional(model: object) -> Functional:
    """Return the Functional model behind `model`, or raise an error that says why it has none."""
    functional = functional_of(model)
    if functional is not None:
        return functional
    if isinstance(model, keras.Sequential) and sequential_graph(model) is None:
        raise UnbuiltModel(
            f"The Sequential model `{model.name}` has no graph of layers yet. Give it an input "
            "shape: start it with `keras.Input(shape)` or call `model.build(input_shape)`."
        )
    if isinstance(model, keras.Model):
        raise UnsupportedModel(
            f"`{model.name}` is a subclassed model ({type(model).__name__}): its `call` is Python "
            "code and not a graph of layers, so there is nothing to cut or to copy. Rebuild it "
            "with the functional API, or pass the functional model inside it."
        )
    if is_of_keras_2(model):
        raise UnsupportedModel(
            f"Received a model of Keras 2, {_described(model)}; `keras_mtl` works with Keras 3. "
            "Build the same model with the layers of `keras` and give it the weights: "
            "`model.set_weights(old_model.get_weights())`."
        )
    raise UnsupportedModel(
        f"Expected a Functional or Sequential `keras.Model`, received {_described(model)}."
    )


def is_of_keras_2(value: object) -> bool:
    """Return whether an object is a layer or a model of `tf_keras`, or of an older TensorFlow."""
    origins = {cls.__module__ for cls in type(value).__mro__}
    return any(origin.startswith(("tf_keras.", "tensorflow.python.keras.")) for origin in origins)


def _described(value: Any) -> str:
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} of type `{type(value).__name__}`"

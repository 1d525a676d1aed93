"""The graph of a model, read from the backend in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_mtl.engines.network import Network
from keras_mtl.errors import NotConvertible


def check_numbers(structure: Any, layers: Sequence[keras.Layer]) -> None:
    """Refuse text, and layers that compute in another precision than 32-bit floats.

    Raises:
        NotConvertible: The model has some.
    """
    for tensor in keras.tree.flatten(structure):
        if tensor.dtype == "string":
            raise NotConvertible(f"the input `{tensor.name}` takes text.")
    for layer in layers:
        if layer.compute_dtype in ("float16", "bfloat16", "float64"):
            raise NotConvertible(
                f"the layer `{layer.name}` computes in {layer.compute_dtype}, and engines compute "
                "in float32."
            )


def network_of(model: keras.Model, structure: Any) -> Network:
    """Return the graph of a model.

    Args:
        model: The model. It is called, and not changed.
        structure: Its symbolic inputs, in their structure.
    """
    return MAKERS[keras.backend.backend()](model, structure)


def _of_tensorflow(model: keras.Model, structure: Any) -> Network:
    from keras_mtl.engines.tensorflow_network import TensorFlowNetwork

    return TensorFlowNetwork(model, structure)


MAKERS: dict[str, Callable[[keras.Model, Any], Network]] = {"tensorflow": _of_tensorflow}
"""For each backend whose graphs can be read the function that reads them."""

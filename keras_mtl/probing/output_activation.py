"""Which depth of a model is no more than the answer to the task that it was trained for."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.head import Head

FUNCTIONS = (keras.activations.softmax, keras.activations.sigmoid)
OPERATIONS = ("Softmax", "Sigmoid")
"""Names of the layers and of the operations that are nothing but one of these functions."""


def gives_probabilities(graph: Graph, tensor: Any) -> bool:
    """Return whether a tensor is the output of a model, and the output is probabilities.

    Args:
        graph: The graph of the model.
        tensor: A symbolic tensor of it.
    """
    flow = graph.opened
    number = flow.number(tensor)
    made_by = (call.operation for call in flow.calls if number in call.outputs)
    return number in flow.outputs and any(map(_ends_in_probabilities, made_by))


def _ends_in_probabilities(operation: Any) -> bool:
    if isinstance(operation, Head):  # The activation of a head is that of its hidden layers.
        activation = keras.activations.get(operation.task_kind.activation)
        return not operation.from_logits and activation in FUNCTIONS
    if type(operation).__name__ in OPERATIONS:
        return True
    return getattr(operation, "activation", None) in FUNCTIONS

"""What is known of the outputs of a predictor before its labels are seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np

from keras_mtl.graph.call import Call
from keras_mtl.graph.dataflow import Dataflow
from keras_mtl.heads.head import Head
from keras_mtl.heads.losses import is_loss, is_mean_over_labels

Function = Literal["softmax", "sigmoid", "linear"]

_FUNCTIONS: dict[Callable[..., Any], Function] = {
    keras.activations.softmax: "softmax",
    keras.activations.sigmoid: "sigmoid",
    keras.activations.linear: "linear",
    # A softmax of it gives the probabilities, as of logits.
    keras.activations.log_softmax: "linear",
}
_BY_CLASS: dict[str, Function] = {"Softmax": "softmax", "Sigmoid": "sigmoid"}
"""Layers and operations that are nothing but a function, by the names of their classes."""

_MOVERS = ("Reshape", "Flatten", "Dropout", "Identity", "Squeeze", "Cast")
"""Layers and operations after which outputs mean what they meant before."""

_BINARY_LOSSES = (keras.losses.BinaryCrossentropy, keras.losses.BinaryFocalCrossentropy)


@dataclass(frozen=True)
class OutputMeaning:
    """What outputs are, as far as it is known.

    Attributes:
        kind: A kind of task, as of a `Head`; None if labels have to tell.
        function: The function that gives the outputs, None if it is not known.
        classes: The names of the classes; None if they have none.
        values: What labels of the classes look like, if they are no numbers from 0 on.
        is_certain: Whether the kind is known, whatever the labels look like.
        are_labels: Whether outputs are labels, and no probabilities of labels.
    """

    kind: str | None = None
    function: Function | None = None
    classes: tuple[str, ...] | None = None
    values: np.ndarray | None = None
    is_certain: bool = False
    are_labels: bool = False

    @classmethod
    def of_head(cls, head: Head) -> OutputMeaning:
        """Return what a head knows."""
        name = "linear" if head.from_logits else head.task_kind.activation
        function = _FUNCTIONS.get(keras.activations.get(name))
        return cls(head.kind, function, head.classes, is_certain=True)

    @classmethod
    def of_layers(cls, flow: Dataflow, number: int, loss: Any) -> OutputMeaning:
        """Return what the last layers, and the loss, tell.

        Args:
            flow: The calls of the model.
            number: The number of the output.
            loss: The loss that the output was trained with; None if it is not known.
        """
        return cls(kind_of_loss(loss), last_function(flow, number))


def last_function(flow: Dataflow, number: int) -> Function | None:
    """Return the function that gives a tensor: that of its layer, or of one before that moves it.

    Args:
        flow: The calls of a model.
        number: The number of the tensor.
    """
    call = call_of(flow, number)
    while call is not None and is_mover(call.operation):
        call = call_of(flow, call.inputs[0])
    return None if call is None else function_of(call.operation)


def call_of(flow: Dataflow, number: int) -> Call | None:
    """Return the call that gives a tensor."""
    return next((call for call in flow.calls if number in call.outputs), None)


def is_mover(operation: Any) -> bool:
    """Return whether an operation changes no value, in inference mode."""
    if isinstance(operation, keras.layers.Activation):
        return operation.activation is keras.activations.linear
    return type(operation).__name__ in _MOVERS


def function_of(operation: Any) -> Function | None:
    """Return the function that the operation ends with, None if it is not known."""
    if isinstance(operation, Head):
        return OutputMeaning.of_head(operation).function
    if type(operation).__name__ in _BY_CLASS:
        return _BY_CLASS[type(operation).__name__]
    return _FUNCTIONS.get(getattr(operation, "activation", None))  # type: ignore[arg-type]


def kind_of_loss(loss: Any) -> str | None:
    """Return the kind of task that a loss shows: binary or regression; None if neither."""
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if any(is_loss(loss, kind) for kind in _BINARY_LOSSES):
        return "binary"
    hinges = (keras.losses.Hinge, keras.losses.SquaredHinge)
    if is_mean_over_labels(loss) and not any(is_loss(loss, kind) for kind in hinges):
        return "regression"
    return None

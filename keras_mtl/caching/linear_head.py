"""The part of a model that trains, where it is a single linear layer."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras

from keras_mtl.caching.model_parts import Features
from keras_mtl.caching.solvable_losses import SolvableLoss, solvable_loss
from keras_mtl.caching.static_operations import in_mode
from keras_mtl.caching.static_split import Split
from keras_mtl.common.structures import unwrap_single
from keras_mtl.graph.call import Call
from keras_mtl.graph.dataflow import Dataflow
from keras_mtl.keras_private.graphs import set_keras_mask

SHOWN = 3
_SETTINGS = (
    "kernel_regularizer",
    "bias_regularizer",
    "activity_regularizer",
    "kernel_constraint",
    "bias_constraint",
)


class LinearHead(NamedTuple):
    """The layer that trains, on the features of the static part.

    Attributes:
        dense: The layer.
        loss: What it is trained with.
        split: The model, split after its static part.
        before: The calls between the static part and the layer, such as Dropout, which do nothing
            in inference, or nothing that training changes.
    """

    dense: keras.layers.Dense
    loss: SolvableLoss
    split: Split
    before: Dataflow

    def inputs(self, features: Features) -> Any:
        """Return the inputs of the layer for features of the static part, in inference."""
        if not self.before.calls:
            return features["features"]
        values = keras.tree.map_structure(keras.ops.convert_to_tensor, features)
        if "mask" in values:
            set_keras_mask(values["features"], values["mask"])
        run = self.before.run(
            {self.split.boundary: values["features"]}, in_mode(self.split.inference, False)
        )
        return keras.ops.convert_to_numpy(run)


def linear_head(model: keras.Model, split: Split) -> LinearHead:
    """Return the single linear layer that trains; `obstacle` must have found no reason against."""
    (position,) = split.trained
    call = split.rest.calls[position]
    loss = solvable_loss(unwrap_single(model.loss), _activation(split))
    assert loss is not None
    before = Dataflow(split.rest.calls[:position], call.inputs[0], split.rest.aliases)
    return LinearHead(call.operation, loss, split, before)


def obstacle(model: keras.Model, split: Split) -> str:
    """Return why the part that trains cannot be solved for, as a clause; "" if it can be."""
    trained = [split.rest.calls[position] for position in split.trained]
    if len(trained) != 1:
        layers = ", ".join(f"`{call.path}`" for call in trained[:SHOWN])
        return f"{len(trained)} layers train: {layers}{', ...' if len(trained) > SHOWN else ''}"
    (position,) = split.trained
    return (
        _layer_obstacle(trained[0])
        or _surroundings_obstacle(split, position)
        or _loss_obstacle(model, split)
    )


def _layer_obstacle(call: Call) -> str:
    """Return why the layer is more than a linear layer with a bias."""
    layer = call.operation
    if type(layer) is not keras.layers.Dense:
        return f"`{call.path}` is no `Dense` layer"
    if not layer.use_bias:
        return f"`{call.path}` has no bias"
    if {id(v) for v in layer.variables} != {id(layer.kernel), id(layer.bias)} or any(
        not variable.trainable for variable in layer.variables
    ):
        return f"`{call.path}` is quantized, has LoRA or is frozen in part"
    settings = [name for name in _SETTINGS if getattr(layer, name) is not None]
    if settings:
        return f"`{call.path}` has a `{settings[0]}`"
    if len(call.tensors[0].shape) != 2:
        return f"`{call.path}` has outputs of shape {call.tensors[0].shape}, not one a sample"
    return ""


def _surroundings_obstacle(split: Split, position: int) -> str:
    """Return what else happens between the features and the outputs."""
    calls = split.rest.calls
    if split.changing:
        return f"`{calls[split.changing[0]].path}` changes in training"
    after = calls[position + 1 :]
    if len(after) > 1 or any(type(call.operation) is not keras.layers.Activation for call in after):
        return f"`{after[-1].path}` comes after `{calls[position].path}`"
    if after and calls[position].operation.activation is not keras.activations.linear:
        return f"`{calls[position].path}` has an activation, and `{after[0].path}` comes after it"
    if len(keras.tree.flatten(split.rest.structure)) != 1:
        return "the model has several outputs"
    return ""


def _activation(split: Split) -> Any:
    """Return the function that makes the outputs of the linear ones."""
    return split.rest.calls[-1].operation.activation


def _loss_obstacle(model: keras.Model, split: Split) -> str:
    activation = _activation(split)
    if solvable_loss(unwrap_single(model.loss), activation) is None:
        name = getattr(model.loss, "name", model.loss)
        return (
            f"the loss {name!r} with the activation `{activation.__name__}` is none of those that "
            "are solved for (mean squared error with no activation; cross-entropy with softmax or "
            "sigmoid, or `from_logits=True` with none; each in its other settings as by default)"
        )
    return ""

"""The two parts of a model as models of their own, made of its own layers."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.caching.opened_steps import run_steps
from keras_mtl.caching.static_split import Split
from keras_mtl.graph.layer_graph import checked_functional
from keras_mtl.keras_private.graphs import get_keras_mask, set_keras_mask
from keras_mtl.surgery.trunk import unwrap_single

Features = dict[str, Any]
"""`"features"`, and `"mask"` where Keras masks them."""

# What `compile` and the strategy of distribution set on a model, and its training only reads.
_COMPILED = (
    "_compile_loss",
    "_compile_metrics",
    "_distribute_strategy",
    "_jit_compile",
    "_loss_tracker",
    "_run_eagerly",
    "compiled",
    "loss",
    "optimizer",
)


class StaticPart(keras.Model):
    """The steps that run once, in inference mode; they are calls of the model's own layers.

    Args:
        model: The whole model.
        split: Where it is split.
        augments: Whether random augmentation draws, as it does in training.
    """

    def __init__(self, model: keras.Model, split: Split, *, augments: bool = False) -> None:
        super().__init__(dtype=model.dtype_policy, autocast=False)
        self.whole = model
        self.split = split
        self.augments = augments
        self.run_eagerly = model.run_eagerly
        self.jit_compile = model.jit_compile
        self.built = True

    def call(self, inputs: Any, training: bool | None = None) -> Features:
        """The features of a batch of inputs."""
        del training
        functional = checked_functional(self.whole)
        keys = (self.split.static.key(tensor) for tensor in functional.inputs)
        values = dict(zip(keys, functional._standardize_inputs(inputs), strict=True))
        outputs = run_steps(self.split.static, values, self.split.inference, self.augments)
        features = outputs[self.split.boundary]
        mask = get_keras_mask(features)
        return {"features": features} | ({} if mask is None else {"mask": mask})


class _OfWhole:
    """An attribute that a part shares with the whole model."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, part: Any, owner: type | None = None) -> Any:
        return getattr(part.whole, self._name)

    def __set__(self, part: Any, value: Any) -> None:
        setattr(part.whole, self._name, value)


class TrainedPart(keras.Model):
    """The steps that are trained, on features instead of inputs.

    Its variables, optimizer, loss and metrics are those of the whole model, so that training it
    trains the model; what callbacks do to the model happens to it.
    """

    stop_training = _OfWhole()
    history = _OfWhole()
    _initial_epoch = _OfWhole()
    _jax_state = _OfWhole()
    _jax_state_synced = _OfWhole()

    def __init__(self, model: keras.Model, split: Split) -> None:
        # Keras's constructor sets some of the shared attributes, so they must lead somewhere.
        object.__setattr__(self, "whole", model)
        super().__init__(dtype=model.dtype_policy, autocast=False)
        self.whole = model
        self.split = split
        self.__dict__.update({name: vars(model)[name] for name in _COMPILED if name in vars(model)})
        self.steps_per_execution = model.steps_per_execution
        self.built = True

    def is_current(self) -> bool:
        """Whether the whole model is still compiled as it was when this part was made."""
        return all(
            vars(self)[name] is vars(self.whole)[name] for name in ("_compile_loss", "optimizer")
        )

    def call(self, inputs: Features, training: bool | None = None) -> Any:
        """The outputs of the model, in their structure."""
        features = inputs["features"]
        if "mask" in inputs:
            set_keras_mask(features, inputs["mask"])
        values = {self.split.boundary: features}
        outputs = run_steps(self.split.rest, values, self.split.inference, bool(training))
        functional = checked_functional(self.whole)
        in_order = [outputs[self.split.rest.key(tensor)] for tensor in functional.outputs]
        return unwrap_single(keras.tree.pack_sequence_as(functional.output, in_order))

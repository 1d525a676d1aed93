"""The two parts of a model as models of their own, made of its own layers."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.caching.static_operations import in_mode
from keras_mtl.caching.static_split import Split
from keras_mtl.common.structures import unwrap_single
from keras_mtl.keras_private.graphs import get_keras_mask, set_keras_mask, standardize_inputs
from keras_mtl.keras_private.shared_training import SharedTraining

Features = dict[str, Any]
"""The arrays `"features"` and, where Keras masks them, `"mask"`."""


class StaticPart(keras.Model):
    """The layers that run once, in inference mode; they are the layers of the model itself.

    Args:
        model: The whole model.
        split: Where it is split.
        augments: Whether random augmentation draws, as it does in training.
    """

    def __init__(self, model: keras.Model, split: Split, *, augments: bool = False) -> None:
        # Each layer casts by its own policy; a cast of the inputs to half precision would lose bits
        # that a layer with another policy needs.
        super().__init__(dtype=model.dtype_policy, autocast=False)
        self.whole = model
        self.split = split
        self.augments = augments
        self.run_eagerly = model.run_eagerly
        self.jit_compile = model.jit_compile
        self.built = True  # Its layers are built: no symbolic call is needed.

    def call(self, inputs: Any, training: bool | None = None) -> Features:
        """Return the features of a batch of inputs."""
        del training  # The mode is fixed: inference, except for augmentation.
        graph = self.split.graph
        tensors = standardize_inputs(graph.functional, inputs)
        values = dict(zip(graph.inputs, tensors, strict=True))
        features = self.split.static.run(values, in_mode(self.split.inference, self.augments))
        mask = get_keras_mask(features)
        return {"features": features} | ({} if mask is None else {"mask": mask})


class TrainedPart(SharedTraining):
    """The layers that run in each epoch, on features instead of inputs.

    Args:
        model: The whole model, compiled: training the part trains it.
        split: Where it is split.
    """

    def __init__(self, model: keras.Model, split: Split) -> None:
        super().__init__(model)
        self.split = split

    def call(self, inputs: Features, training: bool | None = None) -> Any:
        """Return the outputs of the model, in their structure."""
        features = inputs["features"]
        # A mask travels as an attribute of its tensor, which arrays and files do not keep.
        if "mask" in inputs:
            set_keras_mask(features, inputs["mask"])
        values = {self.split.boundary: features}
        mode = in_mode(self.split.inference, bool(training))
        return unwrap_single(self.split.rest.run(values, mode))

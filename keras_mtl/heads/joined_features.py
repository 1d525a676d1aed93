"""Features of several layers as one vector for each sample."""

from __future__ import annotations

from math import prod
from typing import Any

import keras

from keras_mtl.common.shapes import Shape
from keras_mtl.graph.chain import JoiningPart
from keras_mtl.heads.pooling import Pooling, pooling_layer


@keras.saving.register_keras_serializable("keras_mtl")
class JoinedFeatures(JoiningPart):
    """Pools each tensor of a structure to a vector, and puts the vectors side by side.

    They stand in the order in which Keras flattens the structure: a dict by its sorted keys.

    Args:
        pooling: As for `Head`.
    """

    def __init__(self, pooling: Pooling = "auto", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pooling: Pooling = pooling
        self.poolings: list[keras.Layer | None] = []

    def build(self, input_shape: Any) -> None:
        """Make a pooling layer for each tensor that is no vector."""
        self.poolings = _poolings(self.pooling, shapes_of(input_shape))

    def call(self, features: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return the vectors side by side, of shape `(samples, width)`."""
        del training  # Pooling does the same in training.
        tensors = keras.tree.flatten(features)
        masks = [None] * len(tensors) if mask is None else keras.tree.flatten(mask)
        pooled = map(_pooled, self.poolings, tensors, masks)
        return keras.ops.concatenate(list(pooled), axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return `(samples, width)`."""
        shapes = shapes_of(input_shape)
        widths = [
            prod(shape[1:]) if self.pooling == "flatten" else shape[-1]  # type: ignore[arg-type]
            for shape in shapes
        ]
        return (shapes[0][0], sum(widths))  # type: ignore[arg-type]

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """Return no mask: pooling has used it."""
        return

    def in_plain_layers(self, features: Any) -> keras.KerasTensor:
        """Return the symbolic output for symbolic features, made by new layers of Keras's own."""
        tensors = keras.tree.flatten(features)
        layers = _poolings(self.pooling, [tensor.shape for tensor in tensors])
        vectors = [
            tensor if layer is None else layer(tensor)
            for layer, tensor in zip(layers, tensors, strict=True)
        ]
        return keras.layers.Concatenate(name=self.name, dtype=self.dtype_policy)(vectors)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {**super().get_config(), "pooling": self.pooling}


def are_several(structure: Any) -> bool:
    """Return whether a shape, or a tensor, is a structure of several."""
    if isinstance(structure, dict):
        return True
    return isinstance(structure, list | tuple) and not all(
        dim is None or isinstance(dim, int) for dim in structure
    )


def shapes_of(structure: Any) -> list[Shape]:
    """Return the shapes in a structure of shapes, in the order in which Keras flattens it."""
    if not are_several(structure):
        return [tuple(structure)]
    inner = (
        [structure[key] for key in sorted(structure)] if isinstance(structure, dict) else structure
    )
    return [shape for one in inner for shape in shapes_of(one)]


def _poolings(pooling: Pooling, shapes: list[Shape]) -> list[keras.Layer | None]:
    layers = [pooling_layer(pooling, len(shape)) for shape in shapes]
    for index, layer in enumerate(layers):
        if layer is not None:
            layer.name = f"{layer.name}_{index}"  # The layers of a model must differ in name.
    return layers


def _pooled(layer: keras.Layer | None, features: Any, mask: Any) -> Any:
    if layer is None:
        return features
    if mask is not None and isinstance(layer, keras.layers.GlobalAveragePooling1D):
        return layer(features, mask=mask)
    return layer(features)

"""Nearest neighbours as a layer, with the samples that were learnt as its weights."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

LARGEST_DIFFERENCES = 2**18
"""Numbers up to which distances are sums of squared differences, which is exact for near samples.

With more, they are computed by a product of matrices, which takes less memory.
"""
EUCLIDEAN, MANHATTAN = "euclidean", "manhattan"


@keras.saving.register_keras_serializable("keras_mtl")
class Neighbours(keras.layers.Layer):
    """Give for each sample the mean of the targets of its nearest neighbours.

    Args:
        samples: Number of samples that were learnt.
        targets: Numbers that each of them has: one for each class, or those of a regression.
        n_neighbors: Number of neighbours.
        metric: `"euclidean"` or `"manhattan"`.
        by_distance: Whether near neighbours weigh more, by the inverse of their distance.

    Input shape:
        `(batch, features)`.

    Output shape:
        `(batch, targets)`.
    """

    def __init__(
        self,
        samples: int,
        targets: int,
        n_neighbors: int,
        metric: str,
        by_distance: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.samples = samples
        self.targets = targets
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.by_distance = by_distance

    def build(self, input_shape: Any) -> None:
        """Make the weights, to be assigned afterwards."""
        weights: dict[str, Any] = {"initializer": "zeros", "trainable": False}
        features = input_shape[-1]
        self.learnt = self.add_weight(shape=(self.samples, features), name="samples", **weights)
        self.learnt_targets = self.add_weight(
            shape=(self.samples, self.targets), name="targets", **weights
        )

    def call(self, features: Any) -> Any:
        """Return the mean of the targets of the neighbours."""
        negative, nearest = ops.top_k(-self._distances(features), self.n_neighbors)
        targets = ops.take(self.learnt_targets, nearest, axis=0)
        if not self.by_distance:
            return ops.mean(targets, axis=1)
        weights = self._weights(-negative)[..., None]
        return ops.sum(weights * targets, axis=1) / ops.sum(weights, axis=1)

    def _distances(self, features: Any) -> Any:
        """Return distances of shape `(batch, samples)`; Euclidean ones squared."""
        if self.metric == MANHATTAN:
            return ops.sum(ops.abs(features[:, None] - self.learnt), axis=-1)
        if self.samples * features.shape[-1] <= LARGEST_DIFFERENCES:
            return ops.sum(ops.square(features[:, None] - self.learnt), axis=-1)
        # Around their mean the numbers are smaller, and less is lost in the difference.
        centre = ops.mean(self.learnt, axis=0)
        first, second = features - centre, self.learnt - centre
        squares = ops.sum(ops.square(first), axis=-1, keepdims=True) + ops.sum(
            ops.square(second), axis=-1
        )
        return ops.maximum(squares - 2 * ops.matmul(first, ops.transpose(second)), 0)

    def _weights(self, distances: Any) -> Any:
        """Return inverse distances; a neighbour at no distance outweighs all others."""
        if self.metric == EUCLIDEAN:
            distances = ops.sqrt(ops.maximum(distances, 0))
        same = ops.cast(distances == 0, distances.dtype)
        inverse = (1 - same) / (distances + same)
        return ops.where(ops.any(distances == 0, axis=-1, keepdims=True), same, inverse)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return `(batch, targets)`."""
        return (input_shape[0], self.targets)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        own = ("samples", "targets", "n_neighbors", "metric", "by_distance")
        return {**super().get_config(), **{name: getattr(self, name) for name in own}}

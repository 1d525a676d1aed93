"""The weights of layers as they were."""

from __future__ import annotations

from collections.abc import Iterable

import keras

from keras_mtl.common.hashing import Hash
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.surgery.layer_copies import outdated_statistics


class WeightsThen:
    """Remembers the weights of layers by a hash, and knows when they have changed since."""

    def __init__(self, layers: Iterable[keras.Layer]) -> None:
        self._layers = list(layers)
        self._hash = hash_of_weights(self._layers)

    def are_unchanged(self) -> bool:
        """Return whether the weights are the same to the bit."""
        return self._hash == hash_of_weights(self._layers)


def hash_of_weights(layers: Iterable[keras.Layer]) -> str:
    """Return a hash of all weights; it takes a small part of the time of one batch."""
    total = Hash()
    for layer in layers:
        for weight in layer.weights:
            total.add_values(keras.ops.convert_to_numpy(weight))
        for part in sublayers(layer):
            for values in outdated_statistics(part):
                total.add_values(values)
    return total.hexdigest()

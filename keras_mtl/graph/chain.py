"""Layers that are nothing but other layers one after the other."""

from __future__ import annotations

import keras


class Chain(keras.Layer):
    """A layer whose `call` runs the layers in `parts` one after the other.

    Surgery and caching may take it apart.
    """

    parts: list[keras.Layer]

    def make_layers(self, rank: int) -> list[keras.Layer]:
        """Fresh Keras layers that, one after the other, are this layer on features of a rank."""
        raise NotImplementedError

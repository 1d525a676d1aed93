"""How features of any rank become one vector a sample."""

from __future__ import annotations

from typing import Literal, get_args

import keras

Pooling = Literal["auto", "avg", "max", "flatten", "none"]


def check_pooling(pooling: str) -> None:
    """Refuse a name that is no way of pooling."""
    if pooling not in get_args(Pooling):
        raise ValueError(f"`pooling` is one of {get_args(Pooling)}. Received: {pooling!r}.")


def pooling_layer(pooling: Pooling, rank: int) -> keras.Layer | None:
    """The layer that pools features of a rank (the batch counted); None if none is needed.

    `"auto"` averages over space and over the unmasked steps of a sequence.
    """
    if rank == 2 or pooling == "none":
        return None
    if pooling == "flatten":
        return keras.layers.Flatten(name="flatten")
    layers = keras.layers
    average = {
        3: layers.GlobalAveragePooling1D,
        4: layers.GlobalAveragePooling2D,
        5: layers.GlobalAveragePooling3D,
    }
    maximum = {
        3: layers.GlobalMaxPooling1D,
        4: layers.GlobalMaxPooling2D,
        5: layers.GlobalMaxPooling3D,
    }
    return (maximum if pooling == "max" else average)[rank](name="pooling")

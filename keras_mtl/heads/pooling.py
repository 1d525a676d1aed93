"""Pooling: features of any rank become one vector for each sample."""

from __future__ import annotations

from typing import Literal, get_args

import keras

from keras_mtl.common.arguments import one_of
from keras_mtl.heads.dtype_policies import without_quantization

Pooling = Literal["auto", "avg", "max", "flatten", "none"]


def check_pooling(pooling: str) -> None:
    """Refuse a name that is no way of pooling."""
    one_of("pooling", pooling, get_args(Pooling))


def pooling_layer(pooling: Pooling, rank: int) -> keras.Layer | None:
    """Return the layer that pools features of a rank, batch included; None if none is needed.

    `"auto"` averages over space and over the unmasked steps of a sequence. The layer has the global
    dtype policy, as far as a layer without weights can have it.
    """
    dtype = without_quantization(keras.config.dtype_policy())
    if rank == 2 or pooling == "none":
        return None
    if pooling == "flatten":
        return keras.layers.Flatten(name="flatten", dtype=dtype)
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
    return (maximum if pooling == "max" else average)[rank](name="pooling", dtype=dtype)

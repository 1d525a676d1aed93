"""Fitted transformers of scikit-learn as layers of Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from sklearn.decomposition import PCA
from sklearn.preprocessing import MinMaxScaler, Normalizer, StandardScaler

Layers = list[keras.layers.Layer]


def _standard_scaler(step: StandardScaler) -> Layers:
    width = step.n_features_in_
    mean = step.mean_ if step.with_mean else np.zeros(width)
    scale = step.scale_ if step.with_std else np.ones(width)
    return [_shift(-mean), _scaled(1 / scale)]


def _min_max_scaler(step: MinMaxScaler) -> Layers:
    if step.clip:
        raise ValueError("`MinMaxScaler(clip=True)`: only `clip=False` becomes a layer.")
    return [_scaled(step.scale_, step.min_)]


def _normalizer(step: Normalizer) -> Layers:
    if step.norm != "l2":
        raise ValueError(f'`Normalizer(norm={step.norm!r})`: only `norm="l2"` becomes a layer.')
    return [keras.layers.UnitNormalization(axis=-1)]


def _pca(step: PCA) -> Layers:
    components = step.components_.T
    if step.whiten:
        components = components / np.sqrt(step.explained_variance_)
    return [_shift(-step.mean_), dense(components)]


TRANSFORMERS: dict[type, Callable[[Any], Layers]] = {
    StandardScaler: _standard_scaler,
    MinMaxScaler: _min_max_scaler,
    Normalizer: _normalizer,
    PCA: _pca,
}
"""For each transformer the function that gives its layers."""


def dense(kernel: np.ndarray, bias: Any = None, activation: str = "linear") -> keras.layers.Layer:
    """Return a Dense layer with these weights."""
    layer = keras.layers.Dense(
        kernel.shape[1], activation, use_bias=bias is not None, dtype="float32"
    )
    layer.build((None, kernel.shape[0]))
    layer.set_weights([kernel] if bias is None else [kernel, bias])
    return layer


def _shift(offset: np.ndarray) -> keras.layers.Layer:
    return _scaled(np.ones(len(offset)), offset)


def _scaled(scale: np.ndarray, offset: np.ndarray | None = None) -> keras.layers.Layer:
    offset = np.zeros(len(scale)) if offset is None else offset
    return keras.layers.Rescaling(scale.tolist(), offset.tolist(), dtype="float32")

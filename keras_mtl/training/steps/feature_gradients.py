"""The gradient of a score with respect to features, on each backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras


def gradient(score: Callable[[Any], Any], features: Any) -> Any:
    """Return the gradient of a score; no variable and no gradient of a variable is changed.

    Args:
        score: Takes a tensor and returns a scalar. It is called once, and changes nothing.
        features: The tensor.

    Returns:
        A tensor of the shape of `features`, zero where the score does not depend on them.
    """
    by_backend = {"tensorflow": _of_tensorflow, "jax": _of_jax, "torch": _of_torch}
    return by_backend[keras.config.backend()](score, features)


def _of_tensorflow(score: Callable[[Any], Any], features: Any) -> Any:
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(features)
        value = score(features)
    return tape.gradient(value, features, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def _of_jax(score: Callable[[Any], Any], features: Any) -> Any:
    import jax

    return jax.grad(score)(features)


def _of_torch(score: Callable[[Any], Any], features: Any) -> Any:
    import torch

    with torch.enable_grad():
        features = features.detach().requires_grad_(True)
        value = score(features)
    if not value.requires_grad:
        return torch.zeros_like(features)
    (found,) = torch.autograd.grad(value, [features], allow_unused=True)
    return torch.zeros_like(features) if found is None else found

"""Which loss a compiled model has."""

from __future__ import annotations

from typing import Any

import keras

MEANS_OVER_LABELS: tuple[type[keras.losses.Loss], ...] = (
    keras.losses.BinaryCrossentropy,
    keras.losses.BinaryFocalCrossentropy,
    keras.losses.Hinge,
    keras.losses.Huber,
    keras.losses.LogCosh,
    keras.losses.MeanAbsoluteError,
    keras.losses.MeanAbsolutePercentageError,
    keras.losses.MeanSquaredError,
    keras.losses.MeanSquaredLogarithmicError,
    keras.losses.Poisson,
    keras.losses.SquaredHinge,
)
"""The losses of Keras that are, for each row, the mean of a loss for each of its labels."""


def is_loss(loss: Any, kind: type[keras.losses.Loss]) -> bool:
    """Return whether a loss is of a class, or the function that the class computes."""
    return isinstance(loss, kind) or loss is kind().fn


def is_mean_over_labels(loss: Any) -> bool:
    """Return whether a loss, an object or a function, is one of `MEANS_OVER_LABELS`."""
    function = getattr(loss, "fn", loss)  # Of a wrapped function, which Keras makes an object of.
    return any(is_loss(loss, kind) or is_loss(function, kind) for kind in MEANS_OVER_LABELS)

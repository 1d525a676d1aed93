"""Inner products and weighted sums of the gradients of several tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


def stacked(gradients: Sequence[Any]) -> Any:
    """Return the gradients of one variable as the rows of a matrix.

    Args:
        gradients: A gradient of each task, or None for zeros.

    Returns:
        A tensor of shape `(tasks, elements)`; None if every gradient is None.
    """
    found = [gradient for gradient in gradients if gradient is not None]
    if not found:
        return None
    # Sparse gradients, as of an `Embedding` on TensorFlow, become whole ones.
    rows = [
        None if one is None else ops.reshape(ops.convert_to_tensor(one), [-1]) for one in gradients
    ]
    known = next(row for row in rows if row is not None)
    return ops.stack([ops.zeros_like(known) if row is None else row for row in rows])


def with_row(rows: Any, gradient: Any) -> Any:
    """Return rows with one more gradient as the last row."""
    row = ops.cast(ops.reshape(gradient, [1, -1]), rows.dtype)
    return ops.concatenate([rows, row], axis=0)


def inner_products(rows: Any) -> Any:
    """Return the products of all pairs of rows, in at least float32: shape `(tasks, tasks)`."""
    rows = _precise(rows)
    if _rounds_products():
        return ops.stack([ops.sum(rows * row, axis=1) for row in ops.unstack(rows)])
    return ops.matmul(rows, ops.transpose(rows))


def weighted_sum(weights: Any, rows: Any) -> Any:
    """Return the weighted sum of rows, in their dtype: shape `(elements,)`."""
    precise = _precise(rows)
    weights = ops.cast(weights, precise.dtype)
    if _rounds_products():
        total = ops.sum(precise * weights[:, None], axis=0)
    else:
        total = ops.squeeze(ops.matmul(weights[None], precise), axis=0)
    return ops.cast(total, rows.dtype)


def _precise(rows: Any) -> Any:
    is_half = keras.backend.standardize_dtype(rows.dtype) in ("float16", "bfloat16")
    return ops.cast(rows, "float32") if is_half else rows


def _rounds_products() -> bool:
    """Return whether a product of matrices rounds float32 to fewer digits.

    JAX, and TensorFlow on GPUs, do by default: too coarse for gradients that nearly oppose.
    """
    if keras.config.backend() == "torch":
        return False
    return any(not device.startswith("cpu") for device in keras.distribution.list_devices())

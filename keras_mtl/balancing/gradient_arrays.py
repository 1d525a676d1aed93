"""The arrays of gradients, losses and means that `combine` takes, checked."""

from __future__ import annotations

from typing import Any, TypeVar

import keras
import numpy as np

from keras_mtl.balancing.balancer import Balancer

Some = TypeVar("Some", bound=Balancer)


def checked_gradients(balancer: Some, gradients: Any) -> tuple[Some, np.ndarray]:
    """Return the balancer for so many tasks, and the gradients as an array.

    Raises:
        ValueError: It is no matrix of finite numbers.
        InvalidBalancer: The balancer is not for so many tasks.
    """
    matrix = _as_floats(gradients)
    if matrix is None or matrix.ndim != 2 or not matrix.size:
        raise ValueError(
            "`gradients` is an array of numbers of the shape (tasks, parameters). Received: "
            f"{_described(gradients)}."
        )
    balancer = balancer.for_number_of_tasks(len(matrix))
    spoiled = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if spoiled.size:
        names = ", ".join(f"`{balancer.tasks[row]}`" for row in spoiled)
        raise ValueError(f"`gradients` has a value that is not finite in the row of {names}.")
    return balancer, matrix


def checked_losses(losses: Any, matrix: np.ndarray) -> np.ndarray:
    """Return the losses as an array, ones for None.

    Raises:
        ValueError: They are not a finite number for each row of the matrix.
    """
    return _checked_vector("losses", losses, matrix, "tasks", len(matrix), default=1.0)


def checked_mean(mean: Any, matrix: np.ndarray) -> np.ndarray:
    """Return the running mean of a gradient as an array, zeros for None.

    Raises:
        ValueError: It is not a finite number for each column of the matrix.
    """
    return _checked_vector("mean", mean, matrix, "parameters", matrix.shape[1], default=0.0)


def _checked_vector(
    argument: str, given: Any, matrix: np.ndarray, what: str, size: int, *, default: float
) -> np.ndarray:
    if given is None:
        return np.full(size, default, matrix.dtype)
    vector = _as_floats(given)
    if vector is None or vector.shape != (size,) or not np.isfinite(vector).all():
        raise ValueError(
            f"`{argument}` is an array of finite numbers of the shape ({what},), here ({size},). "
            f"Received: {_described(given)}."
        )
    return vector.astype(matrix.dtype)


def _as_floats(given: Any) -> np.ndarray | None:
    """Return an array, of Keras's float type unless it is one of floats; None without numbers."""
    try:
        array = np.asarray(keras.ops.convert_to_numpy(given))
    except (TypeError, ValueError):
        return None
    if array.dtype.kind not in "iuf":
        return None
    has_type = hasattr(given, "dtype") and array.dtype in (np.float32, np.float64)
    return array if has_type else array.astype(keras.config.floatx())


def _described(given: Any) -> str:
    shape = getattr(given, "shape", None)
    return f"{given!r}" if shape is None else f"an array of the shape {tuple(shape)}"

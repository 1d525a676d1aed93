"""Checks of sample weights, before they count in a loss."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.batches.values import as_array
from keras_mtl.common.shapes import Shape, fits
from keras_mtl.errors import InvalidTaskData


def read_weights(sample_weight: Any, task: str, labels: Shape | None = None) -> np.ndarray | None:
    """Return the weights of the samples, or of their parts, as an array of finite numbers.

    Args:
        sample_weight: Weights of shape `(samples,)`, or with further axes of the labels, for their
            steps, pixels or columns; or None.
        task: The name of the task.
        labels: The shape of the labels; None for labels without parts.

    Raises:
        InvalidTaskData: They are not finite numbers, or not one for each sample or part.
    """
    if sample_weight is None:
        return None
    array = as_array(sample_weight, f"The sample weights of `{task}`")
    parts = labels is not None and fits(array.shape, labels[: array.ndim])
    if (array.ndim != 1 and not parts) or not _finite(array):
        shape = f", or of the shape of the labels {labels}" if labels and len(labels) > 1 else ""
        raise InvalidTaskData(
            f"The sample weights of `{task}` must be finite numbers, one for each sample{shape}. "
            f"Received: {array.dtype}, shape {array.shape}, {array.ravel()[:3].tolist()} ..."
        )
    while array.ndim > 1 and array.shape[-1] == 1:
        array = array[..., 0]
    return array.astype(keras.config.floatx(), copy=False)


def check_weight_spec(spec: Any, task: str, labels: Any = None) -> None:
    """Refuse weights whose known shape or dtype is not a number for each row or part of one.

    Args:
        spec: The weights in the `element_spec` of a `tf.data.Dataset`, or None.
        task: What messages call the data.
        labels: The labels in the `element_spec`.
    """
    if spec is None or spec.shape.rank is None:
        return
    # TensorFlow's NumPy dtype for text is object, which could hold numbers as well.
    dtype = "U1" if spec.dtype.name == "string" else spec.dtype.as_numpy_dtype
    shape = None if labels is None or labels.shape.rank is None else tuple(labels.shape)
    sizes = [size or 1 for size in spec.shape]
    if shape is not None:  # What is not known counts as equal.
        known = zip(sizes, shape, strict=False)
        sizes = [size if other else 1 for size, other in known] + sizes[len(shape) :]
        shape = tuple(size or 1 for size in shape)
    read_weights(np.ones(sizes, dtype), task, shape)


def _finite(array: np.ndarray) -> bool:
    return array.dtype.kind in "biuf" and bool(np.isfinite(array).all())

"""Checks of sample weights, before they count in a loss."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.batches.values import as_array
from keras_mtl.errors import InvalidTaskData


def read_weights(sample_weight: Any, task: str) -> np.ndarray | None:
    """Return the weights of the samples as an array; refuse all but one finite number each."""
    if sample_weight is None:
        return None
    array = as_array(sample_weight, f"The sample weights of `{task}`")
    if array.ndim != 1 or array.dtype.kind not in "biuf" or not np.isfinite(array).all():
        raise InvalidTaskData(
            f"The sample weights of `{task}` must be finite numbers, one for each sample. "
            f"Received: {array.dtype}, shape {array.shape}, {array.ravel()[:3].tolist()} ..."
        )
    return array.astype(keras.config.floatx(), copy=False)


def check_weight_spec(spec: Any, task: str) -> None:
    """Refuse weights whose known shape or dtype is not one number for each row.

    Args:
        spec: The weights in the `element_spec` of a `tf.data.Dataset`, or None.
        task: What messages call the data.
    """
    if spec is not None and spec.shape.rank is not None:
        # TensorFlow's NumPy dtype for text is object, which could hold numbers as well.
        dtype = "U1" if spec.dtype.name == "string" else spec.dtype.as_numpy_dtype
        read_weights(np.ones([size or 1 for size in spec.shape], dtype), task)

"""The rows of a batch of tensors."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from keras_mtl.batches.batch import Batch


def num_rows(batch: Batch) -> Any:
    """Return the number of rows that a batch has labels of, a scalar tensor."""
    return tf.shape(keras.tree.flatten(batch.y)[0], tf.int64)[0]

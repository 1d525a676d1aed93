"""Data for Keras's own verbs, which take fewer kinds than `keras_mtl` does."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.values import as_tensors
from keras_mtl.errors import InvalidFeatures
from keras_mtl.keras_private.data_adapters import is_sparse_or_ragged


def as_model_input(
    inputs: ModelInputs, x: Any, what: str = "`x`", *, labelled: bool = False
) -> Any:
    """Return the inputs as `fit`, `evaluate` and `predict` of Keras take them.

    Text becomes tensors; lists, pandas objects and the columns of a data frame become arrays.
    Numbers in arrays and tensors stay as they are, unchecked, and so do streams of batches; of a
    `tf.data.Dataset` the shapes are checked, which are known before it is read.

    Args:
        inputs: The inputs of the model.
        x: Arrays of any kind, or a stream of batches.
        what: What messages call them.
        labelled: Whether the batches of a stream need labels.

    Raises:
        As `ModelInputs.read`, and InvalidLabels if the batches of a stream lack labels.
    """
    if isinstance(x, np.ndarray) and _is_taken(x):  # The most frequent case, at no cost.
        return x
    source = recognise(x)
    if not isinstance(source, ArraySource):
        if source.num_batches == 0:
            raise InvalidFeatures(f"There are no samples in {what}.")
        source.check_form(inputs, what, labelled=labelled)
        return x
    leaves = keras.tree.flatten(x)
    # A list of another length may hold the rows of one input; Keras would take them for inputs.
    one_for_each = (isinstance(x, dict) and len(x) > 0) or len(leaves) == len(inputs.tensors)
    if one_for_each and all(map(_is_taken, leaves)):
        return x
    return as_tensors(inputs.read(x, what))


def as_validation_data(inputs: ModelInputs, data: Any, *, labelled: bool = False) -> Any:
    """Return `validation_data` as Keras takes it: a stream, or a tuple whose inputs it takes."""
    what = "`validation_data`"
    if data is None:
        return None
    if not isinstance(data, tuple | list):
        return as_model_input(inputs, data, what, labelled=labelled)
    if not data:
        return data
    x, *others = data
    return as_model_input(inputs, x, what), *others


def _is_taken(leaf: Any) -> bool:
    """Return whether Keras takes an array as it is."""
    if isinstance(leaf, np.ndarray):
        return leaf.dtype.kind in "biufV"
    return bool(keras.ops.is_tensor(leaf)) or is_sparse_or_ragged(leaf)

"""What a model gives for the inputs of its export, computed by Keras, as a reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from keras_mtl.exporting.served import Served
from keras_mtl.exporting.tensor_functions import prepared
from keras_mtl.surgery.verify import as_numbers

AT_ONCE = 32


def outputs_of_model(served: Served, sample: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the outputs of the model in inference mode, by name; the model stays as it is."""
    rows = len(next(iter(sample.values())))
    size = next((one.shape[0] for one in served.inputs if one.shape[0]), AT_ONCE)
    parts = [
        _outputs(served, {name: array[start : start + size] for name, array in sample.items()})
        for start in range(0, rows, size)
    ]
    return {
        one.name: np.concatenate([part[index] for part in parts])
        for index, one in enumerate(served.outputs)
    }


def inputs_of_model(served: Served, sample: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """Return what the model is given for inputs of the export, in the order of its inputs."""
    flat = keras.tree.flatten(prepared(served, _packed(served, sample)))
    return [keras.ops.convert_to_numpy(value) for value in flat]


def _outputs(served: Served, batch: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    with keras.StatelessScope(collect_losses=True):
        outputs = served.model(prepared(served, _packed(served, batch)), training=False)
    return [as_numbers(value) for value in keras.tree.flatten(outputs)]


def _packed(served: Served, batch: Mapping[str, np.ndarray]) -> Any:
    tensors = [_tensor(batch[one.name], one.dtype) for one in served.inputs]
    return keras.tree.pack_sequence_as(served.input_structure, tensors)


def _tensor(array: np.ndarray, dtype: str) -> Any:
    if dtype != "string":
        return keras.ops.convert_to_tensor(array, dtype=dtype)
    import tensorflow as tf  # Text and encoded pictures are its alone, whatever the backend.

    return tf.constant(array.tolist(), tf.string)

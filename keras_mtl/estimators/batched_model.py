"""A Keras model that is called in batches of few sizes."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from threading import Lock
from typing import Any

import keras
import numpy as np

from keras_mtl.engines.batch_function import BatchFunction
from keras_mtl.engines.choice import batch_function
from keras_mtl.engines.known_engines import KERAS
from keras_mtl.engines.static_model import StaticModel
from keras_mtl.estimators.model_archive import from_archive, to_archive
from keras_mtl.keras_private.retracing import expected_to_trace


class BatchedModel:
    """A Keras model whose outputs are vectors, for many samples at a time.

    A pickle of it holds the model as a `.keras` file. Several threads may call it.

    Args:
        model: A Functional model. It is called in inference mode and not changed.
    """

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self._lock = Lock()
        self._functions: dict[str, BatchFunction] = {}

    @property
    def num_bytes(self) -> int:
        """The memory of the weights."""
        return sum(keras.ops.convert_to_numpy(one).nbytes for one in self.model.weights)

    def outputs(
        self,
        inputs: Sequence[np.ndarray],
        batch_size: int,
        verbose: int = 0,
        engine: str = KERAS,
    ) -> np.ndarray:
        """Return the outputs, float32 of shape `(samples, width)`; several stand side by side.

        Args:
            inputs: One array for each input of the model, in the order of its flat inputs.
            batch_size: Number of samples in a batch.
            verbose: Whether a progress bar is shown, as in `predict`.
            engine: What runs the model: a checked engine, `"keras"` or `"auto"`. A conversion is
                kept for later calls.
        """
        samples = len(inputs[0])
        progress = keras.utils.Progbar(ceil(samples / batch_size), verbose=verbose)
        parts = []
        with self._lock:
            function = self._function(engine, verbose)
            function.begin(ceil(samples / batch_size))
        for start in range(0, samples, batch_size):
            batch = [array[start : start + batch_size] for array in inputs]
            parts.append(self._outputs_of_batch(function, batch, batch_size))
            progress.add(1)
        return np.concatenate(parts)

    def _function(self, engine: str, verbose: int) -> BatchFunction:
        """Return what runs the model."""
        if engine not in self._functions:
            static = StaticModel(self.model, self.model.input, self.model.name)
            self._functions[engine] = batch_function(static, engine, verbose=bool(verbose))
        return self._functions[engine]

    def _outputs_of_batch(
        self, function: BatchFunction, batch: list[np.ndarray], batch_size: int
    ) -> np.ndarray:
        """Return the outputs for one batch, by one compiled call.

        A compiled function is made for each size of batch. The last batch may have any size: it
        is filled up to a power of two, so that a few functions serve data of every length.
        """
        samples = len(batch[0])
        size = min(batch_size, 1 << (samples - 1).bit_length())
        filled = np.minimum(np.arange(size), samples - 1)
        structure = self.model.input
        tensors = [
            keras.ops.convert_to_tensor(_of_rank(array[filled], tensor), dtype=tensor.dtype)
            for array, tensor in zip(batch, keras.tree.flatten(structure), strict=True)
        ]
        # On JAX `predict_on_batch` moves the weights out and back.
        with self._lock, expected_to_trace():
            packed = keras.tree.pack_sequence_as(structure, tensors)
            outputs = keras.tree.flatten(function(packed))
        return np.concatenate([array[:samples].astype("float32") for array in outputs], axis=1)

    def __getstate__(self) -> dict[str, Any]:
        return {"model": to_archive(self.model)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.model = from_archive(state["model"])
        self._lock = Lock()
        self._functions = {}


def _of_rank(array: np.ndarray, tensor: Any) -> np.ndarray:
    """Return the array in the rank of its input: Keras compiles no call for two ranks."""
    if array.ndim == len(tensor.shape):
        return array
    return array[..., None] if array.ndim < len(tensor.shape) else array[..., 0]

"""Predictions by several workers or devices: each computes some rows of a batch and gets all."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.digests import digest_of_rows
from keras_mtl.batches.orders import BATCH_SIZE
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.source import DataSource
from keras_mtl.training.distribution.agreement import check_same, versions
from keras_mtl.training.distribution.chief_writes import callbacks_of_pass
from keras_mtl.training.distribution.same_inputs import same_inputs
from keras_mtl.training.distribution.shard_policies import check_same_batches
from keras_mtl.training.distribution.workers import Workers

PREDICTING = {"tensorflow": "tf_predicting", "jax": "jax_predicting"}
"""By backend the file whose `outputs_of` computes a batch."""


def predict_together(
    workers: Workers,
    model: keras.Model,
    x: Any,
    batch_size: int | None = None,
    verbose: str | int = "auto",
    steps: int | None = None,
    callbacks: Any = None,
) -> Any:
    """Return what `keras.Model.predict` does, the same on all workers.

    Args:
        workers: The workers, more than one, or several devices of one.
        model: The model, whose layers were made for them.
        x: Inputs as `keras.Model.predict` takes them, the same on all workers.
        batch_size: Rows of a batch of arrays, 32 by default.
        verbose: As for `keras.Model.predict`; the chief alone shows a bar.
        steps: The number of batches; all by default.
        callbacks: As for `keras.Model.predict`.

    Raises:
        InvalidTaskData: The `auto_shard_policy` of a data set gives workers other batches.
        WorkersDiffer: The workers were given other inputs.
        WorkerLost: Another worker has ended.
    """
    source = recognise(x)
    check_same_batches(workers, source, "`x`", "predict")
    size = batch_size or BATCH_SIZE
    if isinstance(source, ArraySource):
        source = ArraySource(x, batch_size=size)
    num_batches = steps or _num_batches(source, size)
    callbacks = callbacks_of_pass(workers, callbacks, model, verbose=verbose, steps=num_batches)
    with workers.watched():
        check_same(workers, "predict", {**versions(), "the inputs": [_digest(source)]})
        callbacks.on_predict_begin()
        parts = list(_outputs(workers, model, source, steps, callbacks))
        callbacks.on_predict_end()
    return keras.tree.map_structure(lambda *own: np.concatenate(own), *parts)


def _outputs(
    workers: Workers,
    model: keras.Model,
    source: DataSource,
    steps: int | None,
    callbacks: keras.callbacks.CallbackList,
) -> Iterator[Any]:
    """Yield the outputs for each batch, in NumPy."""
    # Imported by name, so that only the backend in use has to be installed.
    room = __name__.rpartition(".")[0]
    of_backend = import_module(f"{room}.{PREDICTING[keras.config.backend()]}")
    compute = of_backend.outputs_of(workers, model)
    batches = source.batches(steps)
    every: Iterator[Any] = (keras.utils.unpack_x_y_sample_weight(one)[0] for one in batches)
    # Arrays have been compared as a whole.
    if workers.size > 1 and not isinstance(source, ArraySource):
        every = same_inputs(workers, every)
    for number, inputs in enumerate(every):
        callbacks.on_predict_batch_begin(number)
        outputs = keras.tree.map_structure(keras.ops.convert_to_numpy, compute(inputs))
        callbacks.on_predict_batch_end(number, {"outputs": outputs})
        yield outputs


def _num_batches(source: DataSource, size: int) -> int | None:
    if not isinstance(source, ArraySource):
        return source.num_batches
    return -(-len(keras.tree.flatten(source.x)[0]) // size)


def _digest(source: DataSource) -> str:
    """Return the hash of some rows of arrays; of a stream, its length."""
    if not isinstance(source, ArraySource):
        return f"{source.num_batches}"
    arrays = [np.asarray(one) for one in keras.tree.flatten(source.x)]
    return digest_of_rows(Batch(arrays, np.arange(len(arrays[0]))), [])

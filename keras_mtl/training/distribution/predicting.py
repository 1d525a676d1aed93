"""Predictions by several workers, each of which computes some rows of a batch and gets all."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.digests import digest_of_rows
from keras_mtl.batches.orders import BATCH_SIZE
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.source import DataSource
from keras_mtl.training.distribution.agreement import check_same, versions
from keras_mtl.training.distribution.chief_writes import callbacks_of_pass
from keras_mtl.training.distribution.workers import Workers

_COMPILED: weakref.WeakKeyDictionary[keras.Model, Callable[[Any], Any]] = (
    weakref.WeakKeyDictionary()
)
"""The compiled functions of models, which would be traced again at each call."""


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
        workers: The workers, more than one.
        model: The model, whose layers were made in the scope of their strategy.
        x: Inputs as `keras.Model.predict` takes them, the same on all workers.
        batch_size: Rows of a batch of arrays, 32 by default.
        verbose: As for `keras.Model.predict`; the chief alone shows a bar.
        steps: The number of batches; all by default.
        callbacks: As for `keras.Model.predict`.

    Raises:
        WorkersDiffer: The workers were given other inputs.
        WorkerLost: Another worker has ended.
    """
    source = recognise(x)
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
    compute = _compiled(workers, model)
    for number, batch in enumerate(source.batches(steps)):
        inputs = keras.utils.unpack_x_y_sample_weight(batch)[0]
        callbacks.on_predict_batch_begin(number)
        with workers.scope():
            outputs = compute(keras.tree.map_structure(tf.convert_to_tensor, inputs))
        outputs = keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)
        callbacks.on_predict_batch_end(number, {"outputs": outputs})
        yield outputs


def _compiled(workers: Workers, model: keras.Model) -> Callable[[Any], Any]:
    if model not in _COMPILED:
        compute = partial(_gathered, weakref.ref(model), workers.replicas)
        _COMPILED[model] = (
            compute
            if model.run_eagerly
            else tf.function(compute, autograph=False, reduce_retracing=True)
        )
    return _COMPILED[model]


def _gathered(reference: Callable[[], Any], replicas: int, inputs: Any) -> Any:
    """Return the outputs for all rows, of which each replica computes a share."""
    model = reference()
    size = tf.shape(keras.tree.flatten(inputs)[0], tf.int64)[0]
    share = (size + replicas - 1) // replicas

    def compute() -> Any:
        context = tf.distribute.get_replica_context()
        index = tf.cast(context.replica_id_in_sync_group, tf.int64)
        rows = (index * share + tf.range(share)) % size
        own = keras.tree.map_structure(lambda values: tf.gather(values, rows), inputs)
        outputs = model(own, training=False)
        return keras.tree.map_structure(lambda one: context.all_gather(one, axis=0), outputs)

    strategy = tf.distribute.get_strategy()
    outputs = strategy.run(compute)
    return keras.tree.map_structure(
        lambda one: strategy.experimental_local_results(one)[0][:size], outputs
    )


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

"""Outputs of a model whose rows the replicas of a `tf.distribute` strategy share."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from keras_mtl.training.distribution.workers import Workers

_COMPILED: weakref.WeakKeyDictionary[keras.Model, Callable[[Any], Any]] = (
    weakref.WeakKeyDictionary()
)
"""The compiled functions of models, which would be traced again at each call."""


def outputs_of(workers: Workers, model: keras.Model) -> Callable[[Any], Any]:
    """Return a function from the inputs of a batch to its outputs, the same on all workers."""
    compiled = _compiled(workers, model)

    def compute(inputs: Any) -> Any:
        with workers.scope():
            return compiled(keras.tree.map_structure(tf.convert_to_tensor, inputs))

    return compute


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

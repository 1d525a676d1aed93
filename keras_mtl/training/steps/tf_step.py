"""One step on TensorFlow, on as many replicas as the strategy has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from keras_mtl.batches.batch import Batch
from keras_mtl.errors import UnsupportedBackend
from keras_mtl.training.objective import Rows
from keras_mtl.training.steps.forward import Scored, Step, by_task

Batches = Mapping[str, Batch]


def train(step: Step, batches: Batches) -> Any:
    """Take one step; inside a `tf.function`, outside of replicas.

    A batch without any label changes nothing, and a loss that is not finite neither.

    Returns:
        A boolean scalar: whether the loss was finite.
    """
    strategy = tf.distribute.get_strategy()
    replicas = strategy.num_replicas_in_sync
    before = [tf.identity(variable.value) for variable in step.changing_variables]
    taken: list[int] = []  # Which variables have a gradient; known when the step is traced.

    def compute() -> Any:
        shards = _shards(step, batches, replicas, training=True)
        with tf.GradientTape() as tape:
            total, scored = step.forward(*shards)
            scaled = step.model.optimizer.scale_loss(total)
        gradients = tape.gradient(scaled, [v.value for v in step.trainable_variables])
        taken[:] = [index for index, one in enumerate(gradients) if one is not None]
        tensors = [tuple(one)[1:] for one in scored]
        found = [gradients[index] for index in taken]
        return _finite(step, total, found), total, found, tensors

    def apply(finite: Any, total: Any, gradients: Any, tensors: Any) -> None:
        del finite
        variables = [step.trainable_variables[index] for index in taken]
        with step.optimizer.only(step.present(batches)):
            step.apply(_summed(step, gradients, replicas), variables)
        objectives = [step.model.objectives[task] for task in step.tasks]
        scored = [
            Scored(*pair) for pair in zip(objectives, *zip(*tensors, strict=True), strict=True)
        ]
        step.update(scored, total * replicas)

    computed = strategy.run(compute)

    def accept() -> Any:
        strategy.run(apply, args=computed)
        return tf.constant(True)

    def undo() -> Any:
        for variable, value in zip(step.changing_variables, before, strict=True):
            variable.assign(value)
        return tf.constant(False)

    finite = tf.reduce_all(tf.stack(strategy.experimental_local_results(computed[0])))
    labelled = _labelled(step, batches)
    # One decision, though a batch without labels is computed for nothing: each costs time.
    return tf.cond(finite & labelled, accept, undo) | ~labelled


def _labelled(step: Step, batches: Batches) -> Any:
    """Whether any row has a label for the step."""
    masks = [mask for _, _, mask in by_task(step, batches).values()]
    if any(mask is None for mask in masks):
        return tf.constant(True)
    return tf.reduce_any([tf.reduce_any(mask) for mask in masks])


def _finite(step: Step, total: Any, gradients: list[Any]) -> Any:
    """Whether the loss is finite and keeps the weights so: a NaN in a gradient is in its sum."""
    if step.skips_non_finite_gradients or not gradients:
        return tf.math.is_finite(total)
    values = [one.values if isinstance(one, tf.IndexedSlices) else one for one in gradients]
    whole = tf.add_n([tf.cast(tf.reduce_sum(one), total.dtype) for one in values])
    return tf.math.is_finite(total) & tf.math.is_finite(whole)


def add_to_metrics(step: Step, batches: Batches) -> None:
    """Add a batch to the metrics, in inference mode; inside a `tf.function`."""
    strategy = tf.distribute.get_strategy()
    replicas = strategy.num_replicas_in_sync

    def compute() -> None:
        total, scored = step.forward(
            *_shards(step, batches, replicas, training=False), training=False
        )
        step.update(scored, total * replicas, _size(batches[step.feeds[0]]))

    strategy.run(compute)


def synchronise(variables: list[keras.Variable]) -> None:
    """Give all replicas the mean of what each has seen, as for moving statistics.

    They are linear in the statistics of the batches, so it is as if each step had done it.
    """
    strategy = tf.distribute.get_strategy()
    if strategy.num_replicas_in_sync == 1:
        return
    for variable in variables:
        if "float" in variable.dtype:
            copies = strategy.experimental_local_results(variable.value)
            mean = tf.add_n([copy.read_value() for copy in copies]) / len(copies)
            for copy in copies:
                copy.assign(mean)


def _shards(
    step: Step, batches: Batches, replicas: int, *, training: bool
) -> tuple[Batches, dict[str, Rows]]:
    """The part of the batches that this replica has, and what there is to know of its rows."""
    if replicas == 1:
        return batches, step.rows(batches)
    if training and step.present(batches):
        raise UnsupportedBackend(
            "Joint steps on labels of which some are missing run on one device only. Use one "
            "device, or a schedule that trains one task a step."
        )
    index = tf.distribute.get_replica_context().replica_id_in_sync_group
    sharded = {name: _shard(batch, index, replicas) for name, batch in batches.items()}
    rows = {}
    for task, (y, weight, mask) in by_task(step, batches).items():
        feed = step.feed_of(task)
        size = _size(batches[feed])
        weight = step.row_weights(task, y, weight)
        own_weight, own_mask = (sharded[feed][1](values) for values in (weight, mask))
        here = sharded[feed][2] if own_mask is None else sharded[feed][2] & own_mask
        valid = size if mask is None else tf.reduce_sum(tf.cast(mask, tf.int64))
        rows[task] = Rows(own_weight, here, _share(size, replicas) * replicas, valid)
    return {name: shard[0] for name, shard in sharded.items()}, rows


def _shard(batch: Batch, index: Any, replicas: int) -> Any:
    """The rows of one replica, a function that picks them, and which of them are not padding."""
    size = _size(batch)
    share = _share(size, replicas)
    rows = tf.cast(index, tf.int64) * share + tf.range(share)

    def picked(values: Any) -> Any:
        # Padded with rows of the batch, so that moving statistics see data; they do not count.
        return None if values is None else tf.gather(values, rows % size)

    x, y = keras.tree.map_structure(picked, (batch.x, batch.y))
    return Batch(x, y), picked, rows < size


def _size(batch: Batch) -> Any:
    return tf.shape(keras.tree.flatten(batch.y)[0], tf.int64)[0]


def _share(size: Any, replicas: int) -> Any:
    return (size + replicas - 1) // replicas


def _summed(step: Step, gradients: list[Any], replicas: int) -> list[Any]:
    """The gradients as the optimizer is to see them: clipping needs the sums over replicas."""
    step.optimizer.replicas = 1
    if replicas == 1 or not step.optimizer.needs_sums:
        return gradients
    step.optimizer.replicas = replicas
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)

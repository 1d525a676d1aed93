"""The part of a batch that each replica of a `tf.distribute` strategy computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_mtl.batches.batch import Batch
from keras_mtl.errors import UnsupportedBackend
from keras_mtl.training.rows import Rows, of_rank
from keras_mtl.training.steps.labelled_rows import row_weights, rows_by_task, tasks_present
from keras_mtl.training.steps.step import Batches, Labels, Step


class Shard(NamedTuple):
    """The rows of a batch that one replica has.

    Attributes:
        batch: Inputs and labels.
        size: Rows of the whole batch.
        share: Rows of the shard, padding included; the same number in each replica.
        pick: Takes the rows of the shard from values for all rows; None stays None.
        real: Booleans of shape `(share,)`, False for padding.
    """

    batch: Batch
    size: Any
    share: Any
    pick: Callable[[Any], Any]
    real: Any


def shards(
    step: Step, batches: Batches, replicas: int, *, training: bool
) -> tuple[Batches, dict[str, Rows]]:
    """Return the rows of this replica, and their weights and masks by task.

    Raises:
        UnsupportedBackend: A joint step is trained on labels of which some may be missing.
    """
    if replicas == 1:
        return batches, rows_by_task(step, batches)
    if training and tasks_present(step, batches):
        raise UnsupportedBackend(
            "Joint steps on labels of which some are missing run on one device only. Use one "
            "device, or a schedule that trains one task a step."
        )
    index = tf.distribute.get_replica_context().replica_id_in_sync_group
    by_feed = {name: _shard(batch, index, replicas) for name, batch in batches.items()}
    rows = {
        task: _rows(step, task, labels, by_feed[step.feed_of(task)], replicas)
        for task, labels in step.labels(batches).items()
    }
    return {name: shard.batch for name, shard in by_feed.items()}, rows


def num_rows(batch: Batch) -> Any:
    """Return the number of rows, a scalar tensor."""
    return tf.shape(keras.tree.flatten(batch.y)[0], tf.int64)[0]


def _shard(batch: Batch, index: Any, replicas: int) -> Shard:
    size = num_rows(batch)
    # Rounded up: all replicas need the same number of rows, since Keras divides the loss of each by
    # the number of its own rows and by the number of replicas.
    share = (size + replicas - 1) // replicas
    rows = tf.cast(index, tf.int64) * share + tf.range(share)

    def pick(values: Any) -> Any:
        # The last shards are padded with rows of the batch, not with zeros, so that moving
        # statistics see data; the mask keeps these rows out of losses and metrics.
        return None if values is None else tf.gather(values, rows % size)

    x, y = keras.tree.map_structure(pick, (batch.x, batch.y))
    return Shard(Batch(x, y), size, share, pick, rows < size)


def _rows(step: Step, task: str, labels: Labels, shard: Shard, replicas: int) -> Rows:
    weight = shard.pick(row_weights(step, task, labels.y, labels.sample_weight))
    if labels.mask is None:
        return Rows(weight, shard.real, shard.share * replicas, shard.size)
    mask = shard.pick(labels.mask)
    here = of_rank(shard.real, len(mask.shape)) & mask
    places = tf.size(mask, tf.int64) // shard.share
    valid = tf.reduce_sum(tf.cast(labels.mask, tf.int64))
    return Rows(weight, here, shard.share * replicas * places, valid)

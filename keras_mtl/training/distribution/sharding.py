"""The part of a batch that each replica of a `tf.distribute` strategy computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import tensorflow as tf

from keras_mtl.batches.batch import Batch, OwnRows
from keras_mtl.training.distribution.batch_rows import num_rows
from keras_mtl.training.distribution.totals import Totals
from keras_mtl.training.rows import Rows, of_rank
from keras_mtl.training.steps.labelled_rows import row_weights, rows_by_task
from keras_mtl.training.steps.step import Batches, Labels, Step


class Shard(NamedTuple):
    """The rows of a batch that one replica has.

    Attributes:
        batch: Inputs and labels.
        size: Rows of the batch over all replicas.
        share: Rows of the shard, padding included.
        pick: Takes the rows of the shard from the labels, weights or masks of the batch; None stays
            None.
        real: Booleans of shape `(share,)`, False for padding.
    """

    batch: Batch
    size: Any
    share: Any
    pick: Callable[[Any], Any]
    real: Any


class Place(NamedTuple):
    """Where a replica stands among the others.

    Attributes:
        index: Its position among all replicas.
        replicas: The number of all replicas.
        here: The number of those of this process.
    """

    index: Any
    replicas: int
    here: int

    @property
    def local(self) -> Any:
        """Its position among the replicas of this process."""
        return self.index % self.here


def shards(
    step: Step, batches: Batches, totals: Totals, replicas: int
) -> tuple[Batches, dict[str, Rows]]:
    """Return the rows of this replica, and their weights and masks by task."""
    if replicas == 1:
        return batches, rows_by_task(step, batches)
    index = tf.cast(tf.distribute.get_replica_context().replica_id_in_sync_group, tf.int64)
    place = Place(index, replicas, replicas // step.state.workers.size)
    sizes = {name: num_rows(batch) for name, batch in batches.items()}
    own = step.shared
    batches = {
        name: _at_least_one_row(batch) if own.get(name) else batch
        for name, batch in batches.items()
    }
    by_feed = {
        name: _shard(batch, sizes[name], totals.rows[name], place, is_own=own.get(name, False))
        for name, batch in batches.items()
    }
    rows = {
        task: _rows(
            step, task, labels, by_feed[step.feed_of(task)], totals.valid.get(task), replicas
        )
        for task, labels in step.labels(batches).items()
    }
    return {name: shard.batch for name, shard in by_feed.items()}, rows


def _shard(batch: Batch, size: Any, total: Any, place: Place, *, is_own: bool) -> Shard:
    """Return the rows of a replica.

    Args:
        batch: The batch of all replicas, or of those of this process.
        size: Its rows, but for one that fills it.
        total: The rows of the batch over all replicas.
        place: Where the replica stands.
        is_own: Whether the batch is of the replicas of this process only.
    """
    index, sharing = (place.local, place.here) if is_own else (place.index, place.replicas)
    # Rounded up: the replicas that share a batch have the same number of rows, since Keras divides
    # the loss of each by the number of its own rows and by the number of replicas.
    share = tf.maximum((size + sharing - 1) // sharing, 1)
    rows = index * share + tf.range(share)

    def pick(values: Any) -> Any:
        # The last shards are padded with rows of the batch, not with zeros, so that moving
        # statistics see data; the mask keeps these rows out of losses and metrics.
        return None if values is None else tf.gather(values, rows % tf.maximum(size, 1))

    def pick_read(values: Any) -> Any:
        # The process has read the inputs of its replicas only, padding included.
        return tf.gather(values, place.local * share + tf.range(share))

    if isinstance(batch.x, OwnRows):
        x = keras.tree.map_structure(pick_read, batch.x.values)
    else:
        x = keras.tree.map_structure(pick, batch.x)
    y = keras.tree.map_structure(pick, batch.y)
    return Shard(Batch(x, y), total, share, pick, rows < size)


def _at_least_one_row(batch: Batch) -> Batch:
    """Return a batch of a worker's own; if it is empty, a row of zeros, which counts in nothing."""
    size = num_rows(batch)

    def filled(values: Any) -> Any:
        if values is None:
            return None
        shape = tf.concat([[1], tf.shape(values)[1:]], 0)
        return tf.cond(size > 0, lambda: values, lambda: tf.zeros(shape, values.dtype))

    return keras.tree.map_structure(filled, batch)


def _rows(step: Step, task: str, labels: Labels, shard: Shard, valid: Any, replicas: int) -> Rows:
    weight = shard.pick(row_weights(step, task, labels.y, labels.sample_weight))
    if labels.mask is None:
        valid = shard.size if valid is None else valid
        return Rows(weight, shard.real, shard.share * replicas, valid)
    mask = shard.pick(labels.mask)
    here = of_rank(shard.real, len(mask.shape)) & mask
    places = tf.size(mask, tf.int64) // shard.share
    if step.feed_of(task) in step.shared:
        valid = valid * tf.cast(places, valid.dtype)
    return Rows(weight, here, shard.share * replicas * places, valid)

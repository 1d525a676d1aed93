"""How many rows and labels a step has over all replicas, of which each computes some."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import tensorflow as tf

from keras_mtl.training.distribution.batch_rows import num_rows
from keras_mtl.training.steps.step import Batches, Step


class Totals(NamedTuple):
    """Numbers of all replicas together.

    Attributes:
        rows: By the names of the data sets the rows of the batch.
        valid: By task the labels that are there, which may be those of parts of rows; of data of
            which each worker has its own, in rows. Tasks none of whose labels can be missing are
            left out.
    """

    rows: Mapping[str, Any]
    valid: Mapping[str, Any]

    def labelled(self, step: Step) -> Any:
        """Return whether any row has a label for the step, a boolean scalar."""
        if len(self.valid) < len(step.tasks):
            return tf.constant(True)
        return tf.reduce_any([valid > 0 for valid in self.valid.values()])

    def present(self, step: Step) -> dict[str, Any]:
        """Return, for the tasks of a joint step that may lack all labels, whether a row has one."""
        return {} if len(step.tasks) == 1 else {task: n > 0 for task, n in self.valid.items()}


def totals_of(step: Step, batches: Batches) -> Totals:
    """Return the numbers of a step; outside of the replicas."""
    rows = {name: num_rows(batches[name]) for name in step.feeds}
    masks = {task: labels.mask for task, labels in step.labels(batches).items()}
    valid = {
        task: tf.reduce_sum(tf.cast(mask, tf.int64))
        for task, mask in masks.items()
        if mask is not None
    }
    names = [name for name in rows if name in step.shared]
    if not names:
        return Totals(rows, valid)
    # The batches of the workers may be others, so only all of them together know the numbers. In
    # rows, as a worker whose labels are all there may have no mask where others have one.
    windows = {name: _window(step, rows[name], own=step.shared[name]) for name in names}
    tasks = [task for task in masks if step.feed_of(task) in step.shared]
    own = [_labelled_rows(masks[task], *windows[step.feed_of(task)]) for task in tasks]
    numbers = [*(tf.cast(stop - start, tf.float64) for start, stop in windows.values()), *own]
    summed = tf.unstack(_over_workers(tf.stack(numbers), step.state.workers.size), len(numbers))
    whole = dict(zip(names, (tf.cast(one, tf.int64) for one in summed), strict=False))
    return Totals(rows | whole, valid | dict(zip(tasks, summed[len(names) :], strict=True)))


def _window(step: Step, rows: Any, *, own: bool) -> tuple[Any, Any]:
    """Return the first row of a batch that is of this worker, and the row after the last one."""
    if own:
        return tf.zeros_like(rows), rows
    workers = step.state.workers
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    share = (rows + replicas - 1) // replicas * (replicas // workers.size)
    start = tf.minimum(workers.index * share, rows)
    return start, tf.minimum(start + share, rows)


def _labelled_rows(mask: Any, start: Any, stop: Any) -> Any:
    """Return how many rows of a part have a label, of which a part of a row is a part of one."""
    if mask is None:
        return tf.cast(stop - start, tf.float64)
    mask = mask[start:stop]
    of_rows = tf.reduce_mean(tf.cast(mask, tf.float64), axis=range(1, len(mask.shape)))
    return tf.reduce_sum(of_rows)


def _over_workers(numbers: Any, workers: int) -> Any:
    """Return the sums of numbers over the workers."""
    strategy = tf.distribute.get_strategy()
    here = strategy.num_replicas_in_sync // workers

    def of_first() -> Any:
        index = tf.distribute.get_replica_context().replica_id_in_sync_group
        is_first = tf.equal(tf.cast(index, tf.int32) % here, 0)
        return tf.where(is_first, numbers, tf.zeros_like(numbers))

    return strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(of_first), None)

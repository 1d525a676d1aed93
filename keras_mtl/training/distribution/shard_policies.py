"""What the `auto_shard_policy` of a `tf.data.Dataset` may be where several workers read it."""

from __future__ import annotations

from keras_mtl.batches.source import DataSource
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.errors import InvalidTaskData
from keras_mtl.training.distribution.workers import Workers

NOT_APPLIED = ("FILE", "HINT")
"""TensorFlow applies them where a strategy reads the data set, which gives each worker a number of
batches that nobody knows before; here each step needs a batch of every worker."""
OWN = "OFF"


def check_policy(workers: Workers, data: TaskData | DataSource | None, what: str) -> None:
    """Refuse a policy by which the workers would not share the data, but each read all of them.

    Args:
        workers: The workers.
        data: The data of one task, or None.
        what: What messages call the data.

    Raises:
        InvalidTaskData: It is the policy of a `tf.data.Dataset`, and there are several workers.
    """
    if workers.size > 1 and data is not None and data.shard_policy in NOT_APPLIED:
        raise InvalidTaskData(
            f"The `auto_shard_policy` of {what} is {data.shard_policy}, which is not applied here: "
            "shard the files or rows before they are read, by `.shard(workers, index)` and in "
            "batches of the share of a worker, and set the policy OFF; or leave it out, so that "
            "each worker takes its rows of every batch."
        )


def check_same_batches(workers: Workers, data: DataSource | None, what: str, verb: str) -> None:
    """Refuse batches of each worker's own, where all workers need the same ones.

    Args:
        workers: The workers.
        data: The data, or None.
        what: What messages call the data.
        verb: What needs the same batches.

    Raises:
        InvalidTaskData: The batches are a worker's own, or shared by a policy that is not applied.
    """
    check_policy(workers, data, what)
    if workers.size > 1 and data is not None and data.shard_policy == OWN:
        raise InvalidTaskData(
            f"The `auto_shard_policy` of {what} is OFF, so each worker has batches of its own, and "
            f"`{verb}` needs the same batches on all workers: give it all rows in the same order, "
            "without the policy."
        )

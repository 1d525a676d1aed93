"""The error of a worker whose partners have ended, as one sentence."""

from __future__ import annotations

import re
from typing import Any

import tensorflow as tf

from keras_mtl.errors import WorkerLost
from keras_mtl.training.distribution.workers import Workers

SIGNS = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.InternalError,
    tf.errors.UnavailableError,
)
"""The errors of an operation that waits for a process that is gone."""
WORDS = re.compile(r"collective|coordination|socket|connection|connect|peer|heartbeat|rpc", re.I)
"""Words of which each such error has one; other errors of these classes have none."""
TASK = re.compile(r"/job:(chief|worker)/(?:replica:0/)?task:(\d+)")


def lost_worker(error: tf.errors.OpError, workers: Workers, backup: Any) -> WorkerLost | None:
    """Return the error of a worker that has ended; None if something else has gone wrong.

    Args:
        error: What an operation has raised.
        workers: The workers.
        backup: The folder of the backups, or None.
    """
    if not isinstance(error, SIGNS) or not WORDS.search(str(error)):
        return None
    return workers.lost(sorted(_named(str(error), workers) - {workers.index}), backup)


def _named(message: str, workers: Workers) -> set[int]:
    """Return the positions of the workers that a message of TensorFlow names."""
    first = workers.first_of_job
    found = {first[job] + int(task) for job, task in TASK.findall(message) if job in first}
    return {index for index in found if index < workers.size}

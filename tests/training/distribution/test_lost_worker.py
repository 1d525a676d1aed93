"""The errors of TensorFlow for a worker that has ended, as one sentence."""

import pytest

pytestmark = pytest.mark.backend("tensorflow", reason="`tf.distribute` is TensorFlow's")

GONE = (
    "Graph execution error:\n\nDetected at node CollectiveReduceV2\nCollective ops is aborted: "
    "Socket closed\nAdditional GRPC error information from remote target "
    "/job:worker/replica:0/task:{task}:\n:UNKNOWN:Error received from peer"
)


def lost(error, backup=None, index=0):
    from _told_workers import ToldWorkers, same
    from keras_mtl.training.distribution.lost_worker import lost_worker

    return lost_worker(error, ToldWorkers(same, same, index=index), backup)


def unavailable(message, kind="UnavailableError"):
    import tensorflow as tf

    return getattr(tf.errors, kind)(None, None, message)


@pytest.mark.parametrize("kind", ["UnavailableError", "AbortedError", "InternalError"])
@pytest.mark.parametrize("task", [1, 2])
def test_the_worker_that_is_gone_is_named_and_what_to_do(kind, task):
    error = lost(unavailable(GONE.format(task=task), kind), "folder")
    message = str(error)
    assert message.startswith(f"Worker {task} (`host{task}:12345`) has ended")
    assert message.endswith("which goes on from the backup in 'folder'.")
    assert "\n" not in message


def test_a_worker_does_not_name_itself():
    message = str(lost(unavailable(GONE.format(task=0))))
    assert message.startswith("Another worker has ended")
    assert "`backup`" in message


@pytest.mark.parametrize(
    ("message", "kind"),
    [("Out of memory", "ResourceExhaustedError"), ("The label 7 is no class", "InternalError")],
)
def test_other_errors_are_none_of_a_lost_worker(message, kind):
    import tensorflow as tf

    error = getattr(tf.errors, kind)(None, None, message)
    assert lost(error) is None

"""What workers pass to each other."""

import pytest

from _told_workers import ToldWorkers, same
from keras_mtl.errors import InvalidTaskData, WorkersDiffer
from keras_mtl.training.distribution.workers import ALONE


def test_an_error_of_another_worker_is_raised_here_by_its_class():
    def other(_):
        return ["InvalidTaskData", "The data of `sex` are empty."]

    words = r"Worker 1 \(`host1:12345`\) could not begin: The data of `sex` are empty"
    with pytest.raises(InvalidTaskData, match=words), ToldWorkers(other).failing_together():
        pass


def test_an_error_that_is_not_ours_becomes_one_of_ours():
    other = ToldWorkers(lambda _: ["ZeroDivisionError", "division by zero"])
    with pytest.raises(WorkersDiffer, match="division by zero"), other.failing_together():
        pass


@pytest.mark.parametrize("workers", [ALONE, ToldWorkers(same)])
def test_an_error_here_is_raised_as_it_is(workers):
    with pytest.raises(ZeroDivisionError), workers.failing_together():
        raise ZeroDivisionError


def test_a_flag_is_true_where_any_worker_passes_true():
    assert ToldWorkers(lambda _: True).any(False)
    assert not ToldWorkers(same).any(False)
    assert ALONE.any(True) and not ALONE.any(False)

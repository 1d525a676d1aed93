"""Every batch of every task comes once an epoch."""

import numpy as np
from hypothesis import given, settings

from _schedules import counts, named, picked, sizes
from keras_mtl.schedules import Interleaved


@settings(max_examples=40)
@given(sizes)
def test_interleaved_takes_every_batch_once_an_epoch(numbers):
    batches, schedule = named(numbers), Interleaved()
    steps = schedule.steps_per_epoch(batches)
    assert steps == sum(numbers)
    assert counts(schedule, steps, batches) == numbers
    assert counts(schedule, 3 * steps, batches) == [3 * number for number in numbers]


@settings(max_examples=40)
@given(sizes)
def test_interleaved_spreads_each_task_evenly(numbers):
    """Of any steps in a row each task has its share, give or take half a batch of each task."""
    batches, total = named(numbers), sum(numbers)
    found = picked(Interleaved(), 2 * total, batches)
    for task, number in enumerate(numbers):
        served = np.concatenate([[0], np.cumsum(found == task)])
        lead = served - np.arange(2 * total + 1) * number / total
        assert np.ptp(lead) <= len(numbers) + 1
        places = np.flatnonzero(found == task)
        others = [other for index, other in enumerate(numbers) if index != task]
        assert np.diff(places).max() <= 1 + sum(-(-other // number) for other in others)


def test_interleaved_breaks_ties_in_the_order_of_the_tasks():
    assert picked(Interleaved(), 6, {"a": 2, "b": 2, "c": 2}).tolist() == [0, 1, 2, 0, 1, 2]

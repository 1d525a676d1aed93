"""Tasks take turns of equal length."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _schedules import counts, named, picked, sizes
from keras_mtl.schedules import RoundRobin


@settings(max_examples=40)
@given(sizes, st.integers(1, 9))
def test_round_robin_gives_each_task_the_same(numbers, block):
    batches, schedule = named(numbers), RoundRobin(block)
    steps = schedule.steps_per_epoch(batches)
    rounds = -(-max(numbers) // block)
    assert counts(schedule, steps, batches) == [rounds * block] * len(numbers)
    runs = [len(list(run)) for _, run in itertools.groupby(picked(schedule, steps, batches))]
    assert len(numbers) == 1 or set(runs) == {block}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RoundRobin(0), "`block` is a positive whole number. Received: 0"),
        (lambda: RoundRobin(True), "`block`"),
        (lambda: RoundRobin(1.5), "`block`"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()

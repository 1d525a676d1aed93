"""Small tasks have more steps than batches; all are evenly spread."""

from math import ceil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _schedules import counts, named, picked, sizes
from keras_mtl.schedules import Balanced, Interleaved, RoundRobin


@settings(max_examples=40)
@given(sizes, st.sampled_from([0, 0.25, 0.5, 0.9]))
def test_an_epoch_has_the_batches_of_the_largest_task_and_more_of_the_others(numbers, alpha):
    batches, schedule = named(numbers), Balanced(alpha)
    steps = schedule.steps_per_epoch(batches)
    served = counts(schedule, steps, batches)
    assert sum(served) == steps == schedule.period(batches)
    for number, own in zip(numbers, served, strict=True):
        exact = max(numbers) * (number / max(numbers)) ** alpha
        assert number <= own and own == ceil(exact - 1e-6)
    assert {schedule.steps_per_epoch(batches, kind) for kind in ("longest", "shortest")} == {steps}


@settings(max_examples=20)
@given(sizes)
def test_the_exponents_one_and_zero_are_interleaved_and_in_turn(numbers):
    batches = named(numbers)
    np.testing.assert_array_equal(
        picked(Balanced(1), 300, batches), picked(Interleaved(), 300, batches)
    )
    np.testing.assert_array_equal(
        picked(Balanced(0), 300, batches), picked(RoundRobin(), 300, batches)
    )


def test_tasks_of_equal_size_train_as_interleaved_whatever_the_exponent():
    batches = {"sex": 7, "hair": 7, "age": 7}
    assert picked(Balanced(), 99, batches).tolist() == picked(Interleaved(), 99, batches).tolist()


def test_the_case_of_many_and_few_labels():
    batches = {"sex": 625, "hair": 4}
    assert Balanced().steps_per_epoch(batches) == 625 + 177
    waits = np.diff(np.flatnonzero(picked(Balanced(), 1604, batches)))
    assert waits.max() <= 5


@pytest.mark.parametrize("alpha", [-0.1, 1.1, float("nan"), "1", None, True])
def test_other_exponents_are_refused(alpha):
    with pytest.raises(ValueError, match=r"`alpha` is a number from 0 to 1\. Received"):
        Balanced(alpha)

"""Tasks have the numbers of steps that are stated."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _schedules import BATCHES, NAMES, picked
from keras_mtl.schedules import Blocks


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 90), min_size=1), st.integers(1, 9))
def test_blocks_count_as_stated(blocks, rounds):
    schedule = Blocks(blocks)
    found = picked(schedule, rounds * sum(blocks.values())).tolist()
    turn = [NAMES.index(task) for task, steps in blocks.items() for _ in range(steps)]
    assert found == turn * rounds


def test_all_goes_on_until_the_slowest_task_is_through():
    schedule = Blocks({"sex": 20, "hair": 1, "age": 4})
    assert schedule.steps_per_epoch(BATCHES, "all") == 7 * 25
    assert schedule.steps_per_epoch(BATCHES, "longest") == 2 * 25


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Blocks({}), "number of steps of each task"),
        (lambda: Blocks([("sex", 1)]), "number of steps of each task"),
        (lambda: Blocks({"sex": -1}), r"`blocks\['sex'\]`"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()

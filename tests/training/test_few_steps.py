"""Which tasks a warning of few steps names."""

import warnings

import pytest

from _plans import by_task, joint, plan
from keras_mtl.schedules import Balanced, Blocks, Interleaved, Joint, Proportional
from keras_mtl.training.few_steps import warn_of_few_steps


@pytest.mark.parametrize(
    ("schedule", "epochs"), [(Blocks({"sex": 19, "hair": 1}), 50), (Proportional(4), 20)]
)
def test_a_task_that_starves_is_named_with_the_way_out(schedule, epochs):
    planned = plan(schedule, steps_per_epoch=35)
    with pytest.warns(
        UserWarning, match=r"few of the \d+ .*: `hair` \d\d\. .*RoundRobin\(\)`"
    ) as told:
        warn_of_few_steps(planned, epochs)
    assert len(told) == 1


@pytest.mark.parametrize(
    ("schedule", "epochs", "steps"),
    [
        (None, 50, None),
        (Interleaved(), 20, None),  # 100 steps of `hair`
        (Interleaved(), 5, None),  # a run that is short for all
        (Balanced(), 0, None),
        (Joint(), 90, None),
        (Proportional(4), 10**9, 10**9),  # not counted
    ],
)
def test_no_warning(schedule, epochs, steps):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for data in (by_task(), joint()):
            warn_of_few_steps(plan(schedule, data, steps_per_epoch=steps), epochs)

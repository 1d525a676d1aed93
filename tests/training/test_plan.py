"""The steps of a run: which kinds there are, and how many batches they use."""

import numpy as np
import pytest

from _plans import SIZES, by_task, joint, plan
from keras_mtl.errors import InvalidSchedule
from keras_mtl.schedules import Balanced, Blocks, Joint, Proportional, RoundRobin, join
from keras_mtl.training.plan import AHEAD
from keras_mtl.training.task_data import JOINT_DATA, Data


def test_the_schedule_is_chosen_by_the_data():
    assert plan().schedule == Balanced() and plan().steps_per_epoch == 12 + 10
    together = plan(data=joint())
    assert together.schedule == Joint() and together.data.joint
    assert together.kinds(2) == [-1] and together.used_before(2) == {JOINT_DATA: 12}
    in_turn = plan(RoundRobin(), joint())
    assert not in_turn.data.joint and set(in_turn.data.sets) == set(SIZES)


def test_a_single_task_may_have_data_without_an_end():
    sets = dict(by_task().sets)
    sets["sex"].num_batches = None
    endless = Data({"sex": sets["sex"]}, ("sex",), joint=False)
    planned = plan(data=endless, steps_per_epoch=7)
    assert planned.used_before(3) == {"sex": 21}
    assert planned.tasks(1, 0, 7).tolist() == [0] * 7
    with pytest.raises(InvalidSchedule, match="not known for `sex`"):
        plan(data=Data(sets, tuple(sets), joint=False), steps_per_epoch=7)


@pytest.mark.parametrize(
    "schedule",
    [Proportional(), RoundRobin(block=3), join([Blocks({"hair": 1}), Joint()], [4])],
    ids=repr,
)
def test_batches_used_are_those_of_the_steps(schedule):
    planned = plan(schedule, steps_per_epoch=7)
    steps = np.concatenate([planned.tasks(epoch, 0, 7) for epoch in range(3)])
    both = np.sum(steps == -1)
    assert planned.used_before(3) == {
        "sex": np.sum(steps == 0) + both,
        "hair": np.sum(steps == 1) + both,
    }
    assert planned.kinds(3) == np.unique(steps).tolist()


def test_parts_of_an_epoch_are_the_same_steps():
    whole = plan(Proportional(), steps_per_epoch=40).tasks(2, 0, 40)
    planned = plan(Proportional(), steps_per_epoch=40)
    parts = [planned.tasks(2, low, min(low + 7, 40)) for low in range(0, 40, 7)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)
    np.testing.assert_array_equal(
        planned.tasks(1, 3, 9),
        plan(Proportional()).schedule.tasks(np.arange(43, 49), batches=SIZES, seed=0),
    )


def test_a_run_without_end_is_planned_at_once():
    planned = plan(RoundRobin(), steps_per_epoch=10**15)
    assert planned.kinds(1000) == [0, 1]
    assert planned.used_before(1) == dict.fromkeys(SIZES, 10**15 // 2)
    assert planned.tasks(0, 10**12, 10**12 + 3).tolist() == [0, 1, 0]


class Counted(Proportional):
    """Counts the steps that it is asked for."""

    asked = 0

    def tasks(self, steps, *, batches, seed):
        type(self).asked += len(steps)
        return super().tasks(steps, batches=batches, seed=seed)


@pytest.mark.parametrize("steps", [10**7, 10**30])
def test_a_long_run_is_planned_without_looking_at_all_its_steps(steps):
    Counted.asked = 0
    planned = plan(Counted(), steps_per_epoch=steps)
    assert planned.kinds(3) == [0, 1]
    assert planned.used_before(0) == dict.fromkeys(SIZES, 0)
    assert min(planned.used_by_end(3).values()) >= 3 * 10**7 // 10
    planned.tasks(0, 0, 5)
    assert 0 < Counted.asked <= 2 * AHEAD


def test_a_long_function_that_forgets_a_task_is_not_searched_for_ever():
    planned = plan(lambda step: "sex", steps_per_epoch=10**30)
    assert planned.kinds(1) == [0]


def test_a_function_that_forgets_a_task_is_refused():
    with pytest.raises(InvalidSchedule, match="`hair` at none of the 8 steps"):
        plan(lambda step: "sex", steps_per_epoch=4).kinds(2)

"""What every schedule promises."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _schedules import BATCHES, SCHEDULES, named, picked, sizes
from keras_mtl.errors import InvalidSchedule, TaskNotFound
from keras_mtl.schedules import (
    Annealed,
    Balanced,
    Blocks,
    Interleaved,
    Joint,
    Proportional,
    RoundRobin,
    join,
)

every = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=list(SCHEDULES))


@every
@settings(max_examples=15)
@given(start=st.integers(0, 10**9), length=st.integers(1, 50), seed=st.integers(0, 2**63))
def test_any_steps_can_be_computed_by_themselves(schedule, start, length, seed):
    steps = np.arange(start, start + 60)
    whole = schedule.tasks(steps, batches=BATCHES, seed=seed)
    part = schedule.tasks(steps[5 : 5 + length], batches=BATCHES, seed=seed)
    single = schedule.tasks([start + 7], batches=BATCHES, seed=seed)
    np.testing.assert_array_equal(part, whole[5 : 5 + length])
    assert single == whole[7]


@every
@settings(max_examples=10)
@given(end=st.integers(0, 2000), seed=st.integers(0, 2**63))
def test_counts_are_those_of_the_steps(schedule, end, seed):
    found = picked(schedule, end, seed=seed)
    expected = {task: np.sum(found == task) for task in np.unique(found).tolist()}
    assert schedule.counts(end, batches=BATCHES, seed=seed) == expected


@pytest.mark.parametrize(
    "name", ["round_robin", "interleaved", "balanced", "blocks", "joint", "joined"]
)
def test_what_repeats_itself_is_counted_without_looking_at_each_step(name):
    counts = SCHEDULES[name].counts(10**30, batches=BATCHES, seed=0)
    assert sum(counts.values()) == 10**30


@every
def test_the_order_of_the_steps_asked_for_does_not_matter(schedule):
    steps = np.random.default_rng(0).integers(0, 1000, 200)
    found = schedule.tasks(steps, batches=BATCHES, seed=0)
    np.testing.assert_array_equal(found, picked(schedule, 1000)[steps])


@every
def test_indices_of_tasks(schedule):
    found = picked(schedule, 500)
    assert found.dtype == np.int32
    assert found.shape == (500,)
    assert set(found.tolist()) <= {-1, 0, 1, 2}


@every
def test_no_task_starves(schedule):
    served = {task: np.flatnonzero(picked(schedule, 4000) == task) for task in range(3)}
    together = np.flatnonzero(picked(schedule, 4000) == -1)
    for own in served.values():
        waits = np.diff(np.sort(np.concatenate([own, together, [4000]])))
        assert waits.max() <= 64 * 2


@every
def test_a_schedule_equals_its_like(schedule):
    again = {**SCHEDULES, "joined": join([Blocks({"sex": 1}), Interleaved(), Joint()], [100, 333])}
    equal = [other for other in again.values() if other == schedule]
    assert len(equal) == 1
    assert hash(equal[0]) == hash(schedule)
    assert json.loads(json.dumps(schedule.get_config())) == schedule.get_config()


@every
def test_the_fingerprint_is_that_of_the_schedule_the_sizes_and_the_seed(schedule):
    others = [other for other in SCHEDULES.values() if other is not schedule]
    own = schedule.fingerprint(BATCHES, 0)
    assert own == schedule.fingerprint(BATCHES, 0)
    assert own != schedule.fingerprint(BATCHES, 1)
    assert own != schedule.fingerprint({**BATCHES, "hair": 8}, 0)
    assert own not in [other.fingerprint(BATCHES, 0) for other in others]


@every
def test_check_accepts_what_fits(schedule):
    schedule.check(BATCHES)


@pytest.mark.parametrize("name", ["proportional", "root", "evenly", "annealed"])
def test_the_seed_matters_where_steps_are_drawn(name):
    schedule = SCHEDULES[name]
    assert picked(schedule, 100).tolist() == picked(schedule, 100).tolist()
    assert picked(schedule, 100).tolist() != picked(schedule, 100, seed=1).tolist()


@pytest.mark.parametrize("name", ["round_robin", "interleaved", "balanced", "blocks", "joint"])
def test_the_seed_does_not_matter_elsewhere(name):
    schedule = SCHEDULES[name]
    assert picked(schedule, 100).tolist() == picked(schedule, 100, seed=1).tolist()


@settings(max_examples=40)
@given(sizes, st.sampled_from([RoundRobin(3), Proportional(0.7), Proportional(), Joint()]))
def test_an_epoch_of_all_serves_every_batch(numbers, schedule):
    batches = named(numbers)
    steps = schedule.steps_per_epoch(batches)
    assert isinstance(steps, int)
    share = schedule.round(batches)
    for task, number in batches.items():
        assert steps * share[task] / schedule.round_length(batches) >= number - 1e-3


def test_an_epoch_of_unknown_length_is_refused():
    with pytest.raises(InvalidSchedule, match=r"`hair` does not say.*`steps_per_epoch`"):
        RoundRobin().steps_per_epoch({"sex": 3, "hair": None})
    with pytest.raises(InvalidSchedule, match=r"a function.*`steps_per_epoch`"):
        SCHEDULES["function"].steps_per_epoch(BATCHES)
    with pytest.raises(ValueError, match=r"`epoch` is one of.*'some'"):
        RoundRobin().steps_per_epoch(BATCHES, "some")


@pytest.mark.parametrize(
    "schedule", [Blocks({"hari": 1, "sex": 1}), join([Blocks({"hari": 1}), Joint()], [3])]
)
def test_an_unknown_task_is_refused(schedule):
    with pytest.raises(TaskNotFound, match=r"Blocks.*'hari'.*Did you mean 'hair'\?"):
        schedule.check(BATCHES)


@pytest.mark.parametrize(
    "schedule", [Blocks({"sex": 1, "age": 1}), join([Blocks({"sex": 1}), Blocks({"age": 2})], [3])]
)
def test_a_task_that_is_never_picked_is_refused(schedule):
    with pytest.raises(InvalidSchedule, match="never picks `hair`"):
        schedule.check(BATCHES)


@pytest.mark.parametrize(
    "schedule",
    [
        Interleaved(),
        Balanced(),
        Proportional(),
        Annealed(9),
        join([Joint(), Interleaved()], [2]),
    ],
)
def test_unknown_lengths_are_refused_where_they_are_needed(schedule):
    assert schedule.needs_lengths
    first = r"needs the number of batches.*`hair`\. Leave out `\.repeat\(\)`.*assert_card.*RoundR"
    with pytest.raises(InvalidSchedule, match=first):
        schedule.check({"sex": 3, "hair": None})
    with pytest.raises(InvalidSchedule, match=r"Leave out `\.repeat\(\)`.*`steps_per_epoch`"):
        schedule.steps_per_epoch({"sex": 3, "hair": None})


@pytest.mark.parametrize(
    "schedule",
    [RoundRobin(), Proportional(0), Blocks({"sex": 1, "hair": 2}), Joint(), Annealed(9, 0, 0)],
)
def test_unknown_lengths_are_taken_elsewhere(schedule):
    batches = {"sex": 3, "hair": None}
    schedule.check(batches)
    assert not schedule.needs_lengths
    assert len(picked(schedule, 10, batches)) == 10


def test_a_schedule_prints_as_it_is_written():
    shown = [repr(schedule) for schedule in SCHEDULES.values()]
    assert shown[1] == "RoundRobin(block=3)"
    assert shown[3] == "Balanced(alpha=0.25)"
    assert shown[4] == "Blocks({'hair': 5, 'sex': 2, 'age': 1})"
    assert shown[-1] == "join([Blocks({'sex': 1}), Interleaved(), Joint()], boundaries=[100, 333])"


@pytest.mark.parametrize(
    ("name", "all_", "longest", "shortest"),
    [
        ("round_robin", 120, 120, 21),
        ("blocks_in_turn", 14 * 9, 14 * 9, 3 * 9),
        ("interleaved", 59, 59, 59),
        ("blocks", 20 * 8, 20 * 8, 2 * 8),
        ("proportional", 59, 59, 59),
        ("evenly", 120, 120, 21),
        ("annealed", 59, 59, 59),
        ("joint", 40, 40, 7),
        ("joined", 59, 59, 59),
    ],
)
def test_steps_of_an_epoch(name, all_, longest, shortest):
    schedule = SCHEDULES[name]
    found = [schedule.steps_per_epoch(BATCHES, epoch) for epoch in ("all", "longest", "shortest")]
    assert found == [all_, longest, shortest]


# What is refused


@every
@pytest.mark.parametrize(
    "batches", [{}, {"sex": 0}, {"sex": -2}, {"sex": 1.5}, {"sex": "x"}, {"sex": True}, 5], ids=str
)
def test_what_is_no_number_of_batches_is_refused(schedule, batches):
    if isinstance(batches, dict) and batches:
        batches = {**BATCHES, **batches}
    calls = [
        lambda: schedule.tasks(range(3), batches=batches, seed=0),
        lambda: schedule.counts(3, batches=batches, seed=0),
        lambda: schedule.steps_per_epoch(batches),
        lambda: schedule.check(batches),
    ]
    for call in calls:
        with pytest.raises(InvalidSchedule, match="number of batches of"):
            call()


@every
@pytest.mark.parametrize("steps", [[-1], [1.5], ["x"], None], ids=str)
def test_what_is_no_step_is_refused(schedule, steps):
    with pytest.raises(ValueError, match="`steps` are whole numbers"):
        schedule.tasks(steps, batches=BATCHES, seed=0)


@pytest.mark.parametrize("schedule", [Proportional(), Annealed(9)], ids=repr)
@pytest.mark.parametrize("seed", [-1, "x", 1.5])
def test_what_is_no_seed_is_refused(schedule, seed):
    with pytest.raises(ValueError, match="`seed`"):
        schedule.tasks(range(3), batches=BATCHES, seed=seed)


def test_tasks_that_do_not_exist_are_named_in_every_method():
    with pytest.raises(TaskNotFound, match="names the task 'hiar'"):
        Blocks({"hiar": 2}).tasks(range(3), batches=BATCHES, seed=0)


@pytest.mark.parametrize("arguments", [(5, []), ([Joint()], 5), (Joint(), [])], ids=str)
def test_join_takes_lists(arguments):
    with pytest.raises(ValueError, match="is a list"):
        join(*arguments)

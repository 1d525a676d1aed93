import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_mtl.errors import InvalidSchedule, TaskNotFound
from keras_mtl.schedules import Annealed, Blocks, Interleaved, Joint, Proportional, RoundRobin, join
from keras_mtl.schedules.functions import as_schedule

BATCHES = {"sex": 40, "hair": 7, "age": 12}
NAMES = list(BATCHES)
SCHEDULES = {
    "round_robin": RoundRobin(),
    "blocks_in_turn": RoundRobin(block=3),
    "interleaved": Interleaved(),
    "blocks": Blocks({"hair": 5, "sex": 2, "age": 1}),
    "proportional": Proportional(),
    "root": Proportional(0.5),
    "evenly": Proportional(0),
    "annealed": Annealed(steps=300),
    "joint": Joint(),
    "function": as_schedule(lambda step: NAMES[step // 2 * 5 % 3]),
    "joined": join([Blocks({"sex": 1}), Interleaved(), Joint()], [100, 333]),
}
sizes = st.lists(st.integers(1, 60), min_size=1, max_size=6)
every = pytest.mark.parametrize("schedule", SCHEDULES.values(), ids=list(SCHEDULES))


def named(numbers):
    return {f"task_{index}": number for index, number in enumerate(numbers)}


def picked(schedule, steps, batches=BATCHES, seed=0):
    return schedule.tasks(np.arange(steps), batches=batches, seed=seed)


def counts(schedule, steps, batches=BATCHES, seed=0):
    found = picked(schedule, steps, batches, seed)
    return np.bincount(found, minlength=len(batches)).tolist()


# Every schedule


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


@pytest.mark.parametrize("name", ["round_robin", "interleaved", "blocks", "joint", "joined"])
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


def test_the_fingerprint_of_a_function_is_that_of_what_it_picks():
    names = NAMES.copy()
    schedule = as_schedule(lambda step: names[step])
    before = schedule.fingerprint(BATCHES, 0, steps=3)
    names.reverse()
    assert schedule.fingerprint(BATCHES, 0, steps=3) != before


@every
def test_check_accepts_what_fits(schedule):
    schedule.check(BATCHES)


@pytest.mark.parametrize("name", ["proportional", "root", "evenly", "annealed"])
def test_the_seed_matters_where_steps_are_drawn(name):
    schedule = SCHEDULES[name]
    assert picked(schedule, 100).tolist() == picked(schedule, 100).tolist()
    assert picked(schedule, 100).tolist() != picked(schedule, 100, seed=1).tolist()


@pytest.mark.parametrize("name", ["round_robin", "interleaved", "blocks", "joint"])
def test_the_seed_does_not_matter_elsewhere(name):
    schedule = SCHEDULES[name]
    assert picked(schedule, 100).tolist() == picked(schedule, 100, seed=1).tolist()


# Each one


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


@settings(max_examples=40)
@given(sizes, st.integers(1, 9))
def test_round_robin_gives_each_task_the_same(numbers, block):
    batches, schedule = named(numbers), RoundRobin(block)
    steps = schedule.steps_per_epoch(batches)
    rounds = -(-max(numbers) // block)
    assert counts(schedule, steps, batches) == [rounds * block] * len(numbers)
    runs = [len(list(run)) for _, run in itertools.groupby(picked(schedule, steps, batches))]
    assert len(numbers) == 1 or set(runs) == {block}


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(NAMES), st.integers(1, 90), min_size=1), st.integers(1, 9))
def test_blocks_count_as_stated(blocks, rounds):
    schedule = Blocks(blocks)
    found = picked(schedule, rounds * sum(blocks.values())).tolist()
    turn = [NAMES.index(task) for task, steps in blocks.items() for _ in range(steps)]
    assert found == turn * rounds


@settings(max_examples=40)
@given(sizes, st.floats(0, 2), st.integers(0, 1000))
def test_proportional_has_the_stated_frequencies(numbers, alpha, seed):
    """In every block of steps, to within one step."""
    batches = named(numbers)
    chances = np.array(numbers, dtype=float) ** alpha
    chances /= chances.sum()
    block = max(64, int(np.ceil(1 / chances.min())) + 1)
    found = picked(Proportional(alpha), 3 * block, batches, seed).reshape(3, block)
    for steps in found:
        served = np.bincount(steps, minlength=len(numbers))
        assert (np.abs(served - chances * block) <= 1 + 1e-6).all()
        assert served.min() >= 1


def test_the_chances_of_one_step_are_the_stated_ones():
    """Over seeds: no step is bound to a task by its place in the block."""
    drawn = [
        Proportional().tasks([5, 70], batches={"a": 3, "b": 1}, seed=seed) for seed in range(600)
    ]
    np.testing.assert_allclose(np.mean(drawn, axis=0), 0.25, atol=0.07)


def test_proportional_does_not_repeat_itself():
    found = picked(Proportional(), 6400, {"a": 1, "b": 1}).reshape(100, 64)
    assert len(np.unique(found, axis=0)) == 100


def test_annealed_moves_from_one_exponent_to_the_other():
    batches, schedule = {"a": 900, "b": 100}, Annealed(steps=6400, end=0)
    found = picked(schedule, 12800, batches).reshape(20, 640)
    share = (found == 1).mean(axis=1)
    assert share[0] == pytest.approx(0.105, abs=0.01)
    assert (np.diff(share[:10]) > 0).all()
    np.testing.assert_allclose(share[10:], 0.5)


def test_annealed_follows_proportional_at_both_ends():
    schedule = Annealed(steps=64, end=0.5)
    np.testing.assert_array_equal(picked(schedule, 64), picked(Proportional(), 64))
    later = np.arange(64, 640)
    np.testing.assert_array_equal(
        schedule.tasks(later, batches=BATCHES, seed=0),
        Proportional(0.5).tasks(later, batches=BATCHES, seed=0),
    )


def test_joined_schedules_count_their_own_steps():
    schedule = join([RoundRobin(2), lambda step: NAMES[step % 2], Joint()], [3, 6])
    assert picked(schedule, 8).tolist() == [0, 0, 1, 0, 1, 0, -1, -1]


@pytest.mark.parametrize(
    "function",
    [
        lambda step: NAMES[step % 3],
        lambda step, batches, seed: list(batches)[(step + seed) % 3],
        lambda step, batches, seed, stride=1: NAMES[step * stride % 3],
    ],
)
def test_a_function_is_a_schedule(function):
    assert picked(as_schedule(function), 5).tolist() == [0, 1, 2, 0, 1]


# Epochs


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


def test_all_goes_on_until_the_slowest_task_is_through():
    schedule = Blocks({"sex": 20, "hair": 1, "age": 4})
    assert schedule.steps_per_epoch(BATCHES, "all") == 7 * 25
    assert schedule.steps_per_epoch(BATCHES, "longest") == 2 * 25


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


# Bad input


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
    "schedule", [Interleaved(), Proportional(), Annealed(9), join([Joint(), Interleaved()], [2])]
)
def test_unknown_lengths_are_refused_where_they_are_needed(schedule):
    assert schedule.needs_lengths
    with pytest.raises(InvalidSchedule, match=r"needs the number of batches.*`hair`"):
        schedule.check({"sex": 3, "hair": None})


@pytest.mark.parametrize(
    "schedule",
    [RoundRobin(), Proportional(0), Blocks({"sex": 1, "hair": 2}), Joint(), Annealed(9, 0, 0)],
)
def test_unknown_lengths_are_taken_elsewhere(schedule):
    batches = {"sex": 3, "hair": None}
    schedule.check(batches)
    assert not schedule.needs_lengths
    assert len(picked(schedule, 10, batches)) == 10


def test_a_function_that_names_no_task_is_refused_with_the_step():
    schedule = as_schedule(lambda step: "sex" if step < 12 else "hari")
    with pytest.raises(TaskNotFound, match=r"At step 12 .*'hari'.*Did you mean 'hair'\?"):
        picked(schedule, 20)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: RoundRobin(0), "`block` is a positive whole number. Received: 0"),
        (lambda: RoundRobin(True), "`block`"),
        (lambda: RoundRobin(1.5), "`block`"),
        (lambda: Blocks({}), "number of steps of each task"),
        (lambda: Blocks([("sex", 1)]), "number of steps of each task"),
        (lambda: Blocks({"sex": -1}), r"`blocks\['sex'\]`"),
        (lambda: Proportional(-0.1), "`alpha` is a number, at least 0"),
        (lambda: Proportional(float("nan")), "`alpha`"),
        (lambda: Proportional(float("inf")), "`alpha`"),
        (lambda: Annealed(0), "`steps`"),
        (lambda: Annealed(5, end=-1), "`end`"),
        (lambda: join([Joint()], [3]), "1 schedules need 0 boundaries"),
        (lambda: join([Joint()] * 3, [3, 3]), "must increase"),
        (lambda: join([Joint()] * 2, [0]), "`boundaries`"),
        (lambda: join([], []), "at least one schedule"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (RoundRobin, r"pass `RoundRobin\(\.\.\.\)`"),
        ("round_robin", "Received: 'round_robin'"),
        (lambda step, batches: "sex", r"takes `\(step\)` or `\(step, batches, seed\)`"),
    ],
)
def test_what_is_no_schedule_is_refused(given, message):
    with pytest.raises(TypeError, match=message):
        as_schedule(given)


def test_a_schedule_prints_as_it_is_written():
    shown = [repr(schedule) for schedule in SCHEDULES.values()]
    assert shown[1] == "RoundRobin(block=3)"
    assert shown[3] == "Blocks({'hair': 5, 'sex': 2, 'age': 1})"
    assert shown[-1] == "join([Blocks({'sex': 1}), Interleaved(), Joint()], boundaries=[100, 333])"

"""A function of the step is a schedule."""

import pytest

from _schedules import BATCHES, NAMES, picked
from keras_mtl.errors import TaskNotFound
from keras_mtl.schedules import RoundRobin
from keras_mtl.schedules.functions import as_schedule


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


def test_the_fingerprint_of_a_function_is_that_of_what_it_picks():
    names = NAMES.copy()
    schedule = as_schedule(lambda step: names[step])
    before = schedule.fingerprint(BATCHES, 0, steps=3)
    names.reverse()
    assert schedule.fingerprint(BATCHES, 0, steps=3) != before


def test_a_function_that_names_no_task_is_refused_with_the_step():
    schedule = as_schedule(lambda step: "sex" if step < 12 else "hari")
    with pytest.raises(TaskNotFound, match=r"At step 12 .*'hari'.*Did you mean 'hair'\?"):
        picked(schedule, 20)


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

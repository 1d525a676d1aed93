"""Schedules of each sort, and what they pick for three tasks."""

import numpy as np
from hypothesis import strategies as st

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
from keras_mtl.schedules.functions import as_schedule

BATCHES = {"sex": 40, "hair": 7, "age": 12}
NAMES = list(BATCHES)
SCHEDULES = {
    "round_robin": RoundRobin(),
    "blocks_in_turn": RoundRobin(block=3),
    "interleaved": Interleaved(),
    "balanced": Balanced(),
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


def named(numbers):
    return {f"task_{index}": number for index, number in enumerate(numbers)}


def picked(schedule, steps, batches=BATCHES, seed=0):
    return schedule.tasks(np.arange(steps), batches=batches, seed=seed)


def counts(schedule, steps, batches=BATCHES, seed=0):
    found = picked(schedule, steps, batches, seed)
    return np.bincount(found, minlength=len(batches)).tolist()

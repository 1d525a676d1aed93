"""`fit` is the loop that a careful person would write: separate Adam states, batches in order."""

import keras
import numpy as np
import pytest

from _two_tasks import (
    SEED,
    Adam,
    Reference,
    assert_same_weights,
    batches_of,
    bits,
    joint_data,
    two_data_sets,
    two_tasks,
)
from _watching import as_numpy
from _zoo import first_ones
from keras_mtl import schedules
from keras_mtl.batches.batch import Batch

STEPS, BATCH_SIZE = 50, 8
SIZES = {"age": 3, "hair": 9}
IDLE_FIRST = schedules.join(
    [schedules.Blocks({"age": 1}), schedules.RoundRobin()], boundaries=[STEPS // 2]
)
SCHEDULES = {
    "round robin": schedules.RoundRobin(),
    "blocks of two": schedules.RoundRobin(block=2),
    "interleaved": schedules.Interleaved(),
    "proportional": schedules.Proportional(0.5),
    "annealed": schedules.Annealed(STEPS),
    "blocks": schedules.Blocks({"age": 3, "hair": 2}),
    "joint": schedules.Joint(),
    "idle first": IDLE_FIRST,
    "a function": lambda step: ["hair", "age", "age"][step % 3],
}


def order(schedule):
    """For each step the tasks that train."""
    if callable(schedule):
        return [[schedule(step)] for step in range(STEPS)]
    picked = schedule.tasks(np.arange(STEPS), batches=SIZES, seed=SEED)
    return [list(SIZES) if task < 0 else [list(SIZES)[task]] for task in picked]


def written_out(reference, schedule, data, shuffle):
    feeds = {task: batches_of(task, own, BATCH_SIZE, shuffle) for task, own in data.items()}
    for tasks in order(schedule):
        reference.step({task: next(feeds[task]) for task in tasks})


@pytest.fixture(scope="module")
def model():
    """Compiled once, as that takes longer than its training."""
    built = two_tasks(optimizer="adam", run_eagerly=False)
    built.optimizer.build(built.trainable_variables)
    return built


@pytest.fixture(autouse=True)
def from_the_start(model):
    """Puts weights and slots back, as they were when the model was new."""
    variables = [*model.variables, *model.optimizer.variables]
    values = [np.array(as_numpy(variable)) for variable in variables]
    yield
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


@pytest.mark.parametrize("name", first_ones(SCHEDULES, 4))
def test_fit_is_the_loop_written_out(model, name):
    data, schedule = two_data_sets(), SCHEDULES[name]
    reference = Reference(model, Adam)
    written_out(reference, schedule, data, shuffle=True)

    model.fit(
        data, schedule=schedule, batch_size=BATCH_SIZE, steps_per_epoch=STEPS, seed=SEED, verbose=0
    )

    assert_same_weights(model, reference)
    assert int(model.optimizer.iterations) == STEPS


def test_epochs_and_rows_in_their_order(model):
    data = two_data_sets()
    reference = Reference(model, Adam)
    written_out(reference, schedules.RoundRobin(), data, shuffle=False)

    model.fit(
        data,
        schedule=schedules.RoundRobin(),
        batch_size=BATCH_SIZE,
        epochs=5,
        steps_per_epoch=STEPS // 5,
        shuffle=False,
        verbose=0,
    )

    assert_same_weights(model, reference)


@pytest.mark.slow
def test_joint_data_with_the_labels_of_both_tasks(model):
    x, labels = joint_data()
    reference = Reference(model, Adam)
    for step in range(6):
        rows = slice(step % 3 * BATCH_SIZE, (step % 3 + 1) * BATCH_SIZE)
        reference.step({task: Batch(x[rows], y[rows]) for task, y in labels.items()})

    model.fit(x, labels, batch_size=BATCH_SIZE, epochs=2, shuffle=False, verbose=0)

    assert_same_weights(model, reference)


def test_a_head_that_waits_is_not_touched(model):
    data = two_data_sets()
    run = {"schedule": IDLE_FIRST, "batch_size": BATCH_SIZE, "seed": SEED, "verbose": 0}
    start = bits(model.heads["hair"].variables)

    # One epoch of the two is the time in which it waits.
    states = []
    note = lambda *_: states.append(bits(model.heads["hair"].variables))  # noqa: E731

    model.fit(
        data,
        **run,
        epochs=2,
        steps_per_epoch=STEPS // 2,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=note)],
    )

    assert states[0] == start != states[1]

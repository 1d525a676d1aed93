"""The seam at which the losses of several tasks become one update."""

import keras
import numpy as np
import pytest

from _two_tasks import EAGER, SEED, joint_data, two_data_sets, two_tasks
from _watching import as_numpy
from keras_mtl import schedules
from keras_mtl.training.steps.update_rules import (
    StepLosses,
    StepPasses,
    StepVariables,
    UpdateRule,
    WeightedSum,
)

FAST = {"batch_size": 8, "seed": SEED, "shuffle": False, "verbose": 0}


class TaskByTask(UpdateRule):
    """A backward pass for each task and one for the rest; the update is the sum of all."""

    several_passes = True

    def __init__(self):
        self.seen = []

    def gradients(self, passes):
        tasks = list(passes.losses.by_task)
        assert set(tasks) == set(passes.variables.by_task)
        # A weight of 0 and no weight at all are the same.
        others = dict.fromkeys(tasks[1:], 0.0)
        rows = {task: passes.backward(StepLosses({**others, task: 1.0}, None)) for task in tasks}
        rest = passes.backward(StepLosses({}, 1.0))
        self.seen.append((rows, passes.variables))
        return [self.summed(own) for own in zip(*rows.values(), rest, strict=True)]

    def summed(self, gradients):
        known = [gradient for gradient in gradients if gradient is not None]
        return sum(known[1:], known[0]) if known else None


def weights_after(rule, data, schedule, **compiled):
    keras.utils.set_random_seed(0)
    model = two_tasks(optimizer=keras.optimizers.Adam(0.01), **compiled)
    model.training_state.update_rule = rule
    model.fit(*data, schedule=schedule, **FAST)
    return [as_numpy(variable) for variable in model.trainable_variables]


@pytest.mark.parametrize(
    ("schedule", "eager"),
    [
        (schedules.Joint(), EAGER),
        pytest.param(None, EAGER, marks=pytest.mark.slow),
        pytest.param(None, False, marks=pytest.mark.slow),
    ],
)
def test_a_pass_for_each_task_adds_up_to_the_weighted_sum(schedule, eager):
    """So a rule sees the gradients of each task, on every backend, in compiled steps too."""
    data = joint_data() if schedule is None else (two_data_sets(16, 1),)
    rule = TaskByTask()

    by_task = weights_after(rule, data, schedule, run_eagerly=eager)
    at_once = weights_after(WeightedSum(), data, schedule, run_eagerly=eager)

    for one, other in zip(by_task, at_once, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)
    rows, variables = rule.seen[-1]
    assert len(variables.shared) == 2 and all(len(own) == 2 for own in variables.by_task.values())
    assert all(len(own) == len(variables.all) for own in rows.values())


def test_sums_and_orders():
    losses = StepLosses({"age": 1.0, "hair": 2.0}, 0.5)
    assert losses.total == 3.5
    variables = StepVariables(["trunk"], {"age": ["a", "b"], "hair": ["c"]})
    assert variables.all == ["trunk", "a", "b", "c"]
    passes = StepPasses(losses, lambda weights: [weights], variables, {})
    weights = WeightedSum().gradients(passes)
    assert weights == [StepLosses({"age": 1.0, "hair": 1.0}, 1.0)]

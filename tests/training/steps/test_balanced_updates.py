"""Joint steps with a balancer are the loops that a careful person would write."""

import keras
import numpy as np
import pytest
from keras import ops

from _balanced import Accumulating, BalancedReference, labels_of, several_tasks
from _helpers import draw
from _two_tasks import EAGER, WIDTH, Sgd, assert_same_weights, batches_of, bits
from _watching import as_numpy
from keras_mtl import balancing
from keras_mtl.batches.batch import Batch
from keras_mtl.errors import NonFiniteLoss
from keras_mtl.schedules import Joint

STEPS, BATCH_SIZE = 6, 8
ROWS = STEPS * BATCH_SIZE
RUN = {"schedule": Joint(), "batch_size": BATCH_SIZE, "shuffle": False, "seed": 1, "verbose": 0}


class SameLength(balancing.GradientBalancer):
    def weights(self, gramian, losses, present):
        squares = ops.where(present, ops.diagonal(gramian), 1.0)
        return 1 / ops.sqrt(squares)


class SameSize(balancing.LossBalancer):
    def coefficients(self, losses, present):
        return 1 / ops.maximum(losses, 1e-3)


def same_length(rows, losses):
    return {task: 1 / np.linalg.norm(row) for task, row in rows.items()}, 0.0


def same_size(rows, losses):
    return {task: 1 / loss for task, loss in losses.items()}, 0.0


def gate(rows, losses):
    """Without the main task the gate is open."""
    main = rows.get("age", 0.0)
    return {task: float(np.sum(main * row) >= 0) for task, row in rows.items()}, 0.0


class MeanOff:
    """The helpers' gradients projected off a running mean of the gradient of `age`."""

    def __init__(self, rate):
        self.rate, self.mean = rate, None

    def __call__(self, rows, losses):
        if self.mean is None:
            self.mean = np.zeros_like(rows["hair"])
        square = self.mean @ self.mean
        helpers = sum(row for task, row in rows.items() if task != "age")
        extra = -(helpers @ self.mean) / square * self.mean if square else 0.0
        if "age" in rows:
            self.mean = (1 - self.rate) * self.mean + self.rate * rows["age"]
        return dict.fromkeys(rows, 1.0), extra


CASES = {
    "a rule of one's own": (SameLength(), lambda: same_length),
    "a rule of losses": (SameSize(), lambda: same_size),
    "a gate": (balancing.GradientGate(main="age"), lambda: gate),
    "a running mean": (balancing.Bloop(main="age", rate=0.3), lambda: MeanOff(0.3)),
}
GAPS = {"age": [*range(8), 10], "hair": [3, *range(24, 32)], "age_2": [], "hair_2": range(16)}


def joint_rows(tasks, gaps=GAPS):
    return draw(ROWS, WIDTH, seed=5), {task: labels_of(task, ROWS, gaps[task]) for task in tasks}


def trained_by_hand(model, name, x, labels, make=Sgd, epochs=1):
    balancer, make_rule = CASES[name]
    heads_too = isinstance(balancer, balancing.LossBalancer)
    reference = BalancedReference(model, make, make_rule(), heads_too)
    for step in range(epochs * STEPS):
        at = slice(step % STEPS * BATCH_SIZE, (step % STEPS + 1) * BATCH_SIZE)
        reference.step({task: Batch(x[at], y[at]) for task, y in labels.items()})
    return reference


@pytest.mark.parametrize(
    ("name", "eager"),
    [
        ("a running mean", EAGER),
        *(pytest.param(name, EAGER, marks=pytest.mark.slow) for name in CASES),
        *(pytest.param(name, False, marks=pytest.mark.slow) for name in CASES),
    ],
)
def test_four_tasks_on_rows_some_of_whose_labels_are_missing(name, eager):
    model = several_tasks(
        4, eager, optimizer=keras.optimizers.SGD(0.1, momentum=0.9), balancer=CASES[name][0]
    )
    x, labels = joint_rows(model.tasks)
    reference = trained_by_hand(model, name, x, labels)
    model.fit(x, labels, **RUN)
    assert_same_weights(model, reference, rtol=1e-4)


@pytest.mark.parametrize("name", ["a running mean", pytest.param("a gate", marks=pytest.mark.slow)])
def test_two_tasks_with_batches_of_their_own(name):
    balancer, make_rule = CASES[name]
    model = several_tasks(2, optimizer=keras.optimizers.SGD(0.1, momentum=0.9), balancer=balancer)
    data = {
        task: (draw(rows, WIDTH, seed=rows), labels_of(task, rows))
        for task, rows in (("age", 12), ("hair", 32))
    }
    reference = BalancedReference(model, Sgd, make_rule())
    feeds = {task: batches_of(task, own, BATCH_SIZE, False) for task, own in data.items()}
    for _ in range(4):
        reference.step({task: next(own) for task, own in feeds.items()})
    model.fit(data, **RUN)
    assert_same_weights(model, reference, rtol=1e-4)


@pytest.mark.slow
def test_gradients_are_accumulated_after_they_are_balanced():
    sgd = keras.optimizers.SGD(0.1, momentum=0.9, gradient_accumulation_steps=2)
    model = several_tasks(2, optimizer=sgd, balancer=SameLength())
    x, labels = joint_rows(model.tasks, dict.fromkeys(GAPS, ()))
    make = lambda: Accumulating(Sgd(), 2)  # noqa: E731
    reference = trained_by_hand(model, "a rule of one's own", x, labels, make)
    model.fit(x, labels, **RUN)
    assert_same_weights(model, reference, rtol=1e-4)


@pytest.mark.slow
def test_scaled_losses_have_the_same_weights():
    """Bloop's mean is of unscaled gradients, and so is the Gram matrix of the other rule."""
    policy = keras.dtype_policies.DTypePolicy("mixed_float16")
    for balancer in (balancing.Bloop(main="age", rate=0.3), SameLength()):
        weights = []
        for dtype, scale in ((policy, 2.0**10), (None, None)):
            optimizer = keras.optimizers.SGD(0.1)
            if scale:
                optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=scale)
            model = several_tasks(2, dtype=dtype, optimizer=optimizer, balancer=balancer)
            model.fit(*joint_rows(model.tasks, dict.fromkeys(GAPS, ())), **RUN)
            weights.append([as_numpy(v) for v in model.trainable_variables])
        for half, full in zip(*weights, strict=True):
            np.testing.assert_allclose(half, full, rtol=0.05, atol=5e-3)


@pytest.mark.slow
def test_an_overflow_leaves_what_a_balancer_remembers():
    policy = keras.dtype_policies.DTypePolicy("mixed_float16")
    sgd = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1), initial_scale=2.0**100)
    model = several_tasks(2, dtype=policy, optimizer=sgd, balancer=balancing.Bloop(main="age"))
    start = bits(model.training_state.update_rule.variables)
    model.fit(*joint_rows(model.tasks), **RUN)
    assert bits(model.training_state.update_rule.variables) == start
    assert int(as_numpy(model.optimizer.iterations)) == 0


@keras.saving.register_keras_serializable("tests")
def exploding(y, y_pred):
    """A finite loss whose gradient is NaN where a label is 1000."""
    return ops.mean(y_pred, -1) + ops.sqrt(ops.where(y[:, 0] == 1000, 0.0, 1.0) * y_pred[:, 0] ** 2)


@pytest.mark.parametrize(
    ("balancer", "eager"),
    [
        (balancing.Bloop(main="age"), EAGER),
        pytest.param(SameSize(), EAGER, marks=pytest.mark.slow),
        pytest.param(balancing.Bloop(main="age"), False, marks=pytest.mark.slow),
    ],
)
def test_the_task_whose_gradient_is_not_finite_is_named(balancer, eager):
    model = several_tasks(4, optimizer="adam", balancer=balancer, run_eagerly=eager)
    several_passes = isinstance(balancer, balancing.GradientBalancer)
    if several_passes:
        model.compile(
            "adam",
            {"age_2": exploding},
            metrics={"age_2": []},
            balancer=balancer,
            run_eagerly=eager,
        )
    x, labels = joint_rows(model.tasks, dict.fromkeys(GAPS, ()))
    labels["age_2"][2 * BATCH_SIZE + 1] = 1000 if several_passes else 1e30
    states = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: states.append(
            bits([*model.variables, *model.training_state.update_rule.variables])
        )
    )
    with pytest.raises(NonFiniteLoss, match=r"The loss of `age_2`, or its gradient, .* step 2 "):
        model.fit(x, labels, steps_per_execution=1, callbacks=[note], **RUN)
    now = [*model.variables, *model.training_state.update_rule.variables]
    assert len(states) == 2 and bits(now) == states[-1] != states[0]

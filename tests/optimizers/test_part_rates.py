"""The learning rates of the parts follow the steps and the rate of the whole model."""

import keras
import numpy as np
import pytest

from _turns import ONLY_AGE, train
from _two_tasks import (
    Reference,
    Sgd,
    assert_same_weights,
    batches_of,
    two_data_sets,
    two_tasks,
)
from _watching import as_numpy
from keras_mtl import TaskOptimizer, schedules

LATE = schedules.join([ONLY_AGE, schedules.Blocks({"hair": 1})], boundaries=[6])


def test_the_first_step_of_a_head_that_starts_late_has_the_size_of_the_rate():
    model = two_tasks(optimizer=keras.optimizers.Adam(0.01))
    start = [as_numpy(v).copy() for v in model.heads["hair"].trainable_variables]

    train(model, steps=7, schedule=LATE)

    for before, variable in zip(start, model.heads["hair"].trainable_variables, strict=True):
        np.testing.assert_allclose(np.abs(as_numpy(variable) - before), 0.01, rtol=1e-2)


def test_a_schedule_of_the_rate_follows_all_steps():
    rate = keras.optimizers.schedules.PiecewiseConstantDecay([5], [0.5, 0.01])
    model = two_tasks(optimizer=keras.optimizers.Adam(rate))
    start = [as_numpy(v).copy() for v in model.heads["hair"].trainable_variables]

    train(model, steps=7, schedule=LATE)  # its first step is the seventh of all

    for before, variable in zip(start, model.heads["hair"].trainable_variables, strict=True):
        np.testing.assert_allclose(np.abs(as_numpy(variable) - before), 0.01, rtol=1e-2)


@pytest.mark.parametrize("given", ["one for all", "dict"])
def test_setting_the_rate_scales_all_parts(given):
    optimizers = {"trunk": 0.2, "age": 0.1, "hair": 0.4}
    optimizer = {name: keras.optimizers.SGD(rate) for name, rate in optimizers.items()}
    if given == "one for all":
        optimizers = dict.fromkeys(optimizers, 0.1)
        optimizer = keras.optimizers.SGD(0.1)
    model = two_tasks(optimizer=optimizer)
    model.optimizer.learning_rate = optimizers["trunk"] / 2
    rates = iter(optimizers.values())
    reference = Reference(model, lambda: Sgd(next(rates) / 2, momentum=0.0))
    feeds = {task: batches_of(task, own, 8) for task, own in two_data_sets().items()}
    for task in ("age", "hair"):
        reference.step({task: next(feeds[task])})

    train(model, steps=2)

    assert_same_weights(model, reference)


def test_reduce_on_plateau_changes_the_rate_of_all_parts():
    model = two_tasks(optimizer={"trunk": "sgd", "age": "adam", "hair": "sgd"})
    plateau = keras.callbacks.ReduceLROnPlateau(
        "age_loss", factor=0.5, patience=1, min_delta=1e9, cooldown=0
    )

    train(model, steps=2, epochs=3, callbacks=[plateau])

    inner = model.optimizer._parts.inner
    rates = {name: float(as_numpy(one.learning_rate)) for name, one in inner.items()}
    assert rates == pytest.approx({"trunk": 0.0025, "age": 0.00025, "hair": 0.0025})


def test_a_config_holds_the_rates_of_now():
    model = two_tasks(optimizer={"trunk": "sgd", "age": "adam", "hair": "sgd"})
    model.optimizer.learning_rate = 0.02

    copy = TaskOptimizer.from_config(model.optimizer.get_config())
    copy.bind({"trunk": [], "age": [], "hair": []})

    rates = {name: float(as_numpy(one.learning_rate)) for name, one in copy._parts.inner.items()}
    assert rates == pytest.approx({"trunk": 0.02, "age": 0.002, "hair": 0.02})
    assert float(copy.learning_rate) == pytest.approx(0.02)


@pytest.mark.parametrize("given", [0.0, {"trunk": 0.0, "age": 0.0, "hair": 0.0}])
def test_a_rate_that_begins_with_nothing_can_be_changed(given):
    make = keras.optimizers.SGD
    rates = {name: make(one) for name, one in given.items()} if isinstance(given, dict) else None
    model = two_tasks(optimizer=rates or make(given))
    before = model.get_weights()

    model.optimizer.learning_rate = 0.1
    model.fit(two_data_sets(), batch_size=8, verbose=0)
    after = model.get_weights()
    assert not any(np.array_equal(*pair) for pair in zip(before, after, strict=True))

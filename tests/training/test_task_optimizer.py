"""Each part of a model is optimized by its own count, and left alone where it does not train."""

import keras
import numpy as np
import pytest

from _helpers import draw, reload
from _turns import ONLY_AGE, TURNS, reference_of, slots_of, train
from _two_tasks import (
    EAGER,
    Reference,
    Sgd,
    assert_same_weights,
    batches_of,
    bits,
    joint_data,
    trunk,
    two_data_sets,
    two_tasks,
)
from _watching import as_numpy
from keras_mtl import MultiTaskModel, schedules


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adam(0.01),
        pytest.param(keras.optimizers.AdamW(0.01, weight_decay=0.1), marks=pytest.mark.slow),
        keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.1),
        pytest.param(
            keras.optimizers.RMSprop(0.01, momentum=0.9, centered=True), marks=pytest.mark.slow
        ),
        keras.optimizers.Adam(0.01, gradient_accumulation_steps=2, clipnorm=0.5),
    ],
    ids=["adam", "adamw", "momentum", "rmsprop", "accumulating"],
)
def test_an_idle_head_is_not_touched(optimizer):
    model = two_tasks(optimizer=optimizer)
    idle_from_step_6 = schedules.join([TURNS, ONLY_AGE], boundaries=[6])
    states = []

    def note(*_):
        states.append(bits([*model.heads["hair"].variables, *slots_of(model, "hair")]))
        states.append(bits([*model.heads["age"].variables, *slots_of(model, "age")]))

    train(
        model,
        schedule=idle_from_step_6,
        epochs=2,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=note)],
    )

    hair, age, hair_later, age_later = states
    assert hair == hair_later
    assert all(old != new for old, new in zip(age[:2], age_later[:2], strict=True))


def test_momentum_and_decay_follow_the_steps_of_their_part():
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.05)
    model = two_tasks(optimizer=optimizer)
    reference = reference_of(model, lambda: Sgd(0.1, 0.9, 0.05))

    train(model)

    assert_same_weights(model, reference)


def test_accumulation_counts_the_steps_of_each_part():
    optimizer = keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)
    model = two_tasks(optimizer=optimizer)
    whole = two_tasks(optimizer=keras.optimizers.SGD(0.1))
    whole.set_weights(model.get_weights())
    data = two_data_sets()

    # With a trunk that stays, two small batches are one large one for each head.
    for one in (model, whole):
        one.trunk.trainable = False
        one.compile((one is model and optimizer) or keras.optimizers.SGD(0.1), run_eagerly=EAGER)
    train(model, steps=4, shuffle=False, data=data)
    train(whole, steps=2, shuffle=False, data=data, batch_size=16)

    for old, new in zip(whole.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(new, old, rtol=1e-5, atol=1e-6)
    counts = [int(as_numpy(slots_of(model, task)[0])) for task in ("age", "hair")]
    assert counts == [2, 2]


def test_global_clipnorm_is_that_of_the_variables_of_a_step():
    model = two_tasks(optimizer=keras.optimizers.SGD(0.1, global_clipnorm=0.3))
    reference = reference_of(model, lambda: Sgd(0.1, momentum=0.0), clip=0.3)
    unclipped = reference_of(model, lambda: Sgd(0.1, momentum=0.0))

    train(model)

    assert_same_weights(model, reference)
    assert not np.allclose(unclipped.weights["trunk"][0], reference.weights["trunk"][0])


@pytest.mark.parametrize("clipping", [{"clipnorm": 0.05}, {"clipvalue": 0.01}])
@pytest.mark.parametrize("given", ["one for all", "dict"])
def test_clipping_bounds_each_variable(clipping, given):
    optimizer = keras.optimizers.SGD(1.0, **clipping)
    if given == "dict":
        parts = ("trunk", "age", "hair")
        optimizer = {part: keras.optimizers.SGD(1.0, **clipping) for part in parts}
    model = two_tasks(optimizer=optimizer)
    before = [as_numpy(v).copy() for v in model.trainable_variables]

    train(model, steps=1, schedule=schedules.Joint())

    ((kind, bound),) = clipping.items()
    for old, variable in zip(before, model.trainable_variables, strict=True):
        moved = as_numpy(variable) - old
        size = np.linalg.norm(moved) if kind == "clipnorm" else np.abs(moved).max()
        assert 0 < size <= bound * 1.001


def test_moving_averages_of_the_weights_end_in_the_model():
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    model = two_tasks(optimizer=optimizer)
    reference = Reference(model, lambda: Sgd(0.1, momentum=0.0))
    feeds = {task: batches_of(task, own, 8) for task, own in two_data_sets().items()}
    averages = {}
    for step in range(6):
        task = ("age", "hair")[step % 2]
        reference.step({task: next(feeds[task])})
        for part in ("trunk", task):
            old = averages.get(part, reference.weights[part])
            averages[part] = [
                (a + w) / 2 for a, w in zip(old, reference.weights[part], strict=True)
            ]
    reference.weights = averages

    train(model)

    assert_same_weights(model, reference)


def test_moving_averages_leave_a_head_that_never_trained_alone():
    model = two_tasks(optimizer=keras.optimizers.Adam(0.01, use_ema=True))
    start = bits(model.heads["hair"].variables)

    train(model, steps=3, schedule=schedules.join([ONLY_AGE, TURNS], boundaries=[1000]))

    assert bits(model.heads["hair"].variables) == start


def test_what_is_excluded_from_decay_does_not_decay():
    optimizer = keras.optimizers.AdamW(0.0, weight_decay=0.5)
    optimizer.learning_rate = 0.5  # The rate of the decay; the gradients below are all zero.
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model = two_tasks(optimizer=optimizer, loss_weights={"age": 0.0, "hair": 0.0})
    for variable in model.trainable_variables:
        variable.assign(np.ones(variable.shape))

    train(model, steps=1, schedule=schedules.Joint())

    for variable in model.trainable_variables:
        expected = 1.0 if "bias" in variable.path else 0.75
        np.testing.assert_allclose(as_numpy(variable), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "optimizer",
    [
        pytest.param("adam", marks=pytest.mark.slow),
        keras.optimizers.SGD(
            keras.optimizers.schedules.ExponentialDecay(0.1, 3, 0.9), momentum=0.9
        ),
        keras.optimizers.Adam(0.01, gradient_accumulation_steps=3, use_ema=True),
        {
            "trunk": keras.optimizers.Adam(0.003),
            "age": keras.optimizers.SGD(0.0007, momentum=0.9),
            "hair": keras.optimizers.AdamW(0.0011, clipnorm=1.0),
        },
    ],
    ids=["adam", "schedule", "accumulation and average", "dict"],
)
def test_a_reloaded_model_goes_on_bit_equal(optimizer, tmp_path):
    model = two_tasks(optimizer=optimizer)
    train(model, steps=5)
    if not isinstance(optimizer, keras.Optimizer):
        model.optimizer.learning_rate = 0.0017

    loaded = reload(model, tmp_path)
    assert bits(loaded.optimizer.variables) == bits(model.optimizer.variables)
    for one in (model, loaded):
        train(one, steps=4)

    assert bits(loaded.variables) == bits(model.variables)
    assert bits(loaded.optimizer.variables) == bits(model.optimizer.variables)


def test_variables_that_begin_to_train_later_need_a_new_compile():
    model = two_tasks(optimizer="adam")
    model.trunk.trainable = False
    model.compile("adam", run_eagerly=EAGER)
    train(model, steps=2)
    model.trunk.trainable = True

    with pytest.raises(ValueError, match="Call `compile` again"):
        train(model, steps=2)

    model.compile("adam", run_eagerly=EAGER)
    start = bits(model.trunk.variables)
    train(model, steps=2)
    assert bits(model.trunk.variables) != start


def test_variables_that_stop_training_stay():
    model = two_tasks(optimizer="adam")
    train(model, steps=2)
    model.trunk.trainable = False
    start = bits(model.trunk.variables)

    train(model, steps=4)

    assert bits(model.trunk.variables) == start


def test_global_clipnorm_leaves_a_task_without_labels_out():
    """The regularisation of its head must not take part in the norm."""
    heads = {}
    for task, units in (("age", 1), ("eyes", 1)):
        layer = keras.layers.Dense(units, kernel_regularizer=keras.regularizers.L2(100.0))
        heads[task] = [layer] if task == "eyes" else [keras.layers.Dense(units)]
    x, y = draw(8, 4, seed=1), draw(8, 1, seed=2)
    labels = {"age": y, "eyes": np.concatenate([y * np.nan, y])}
    moved = []
    for steps in (schedules.Joint(), ONLY_AGE):
        keras.utils.set_random_seed(1)
        model = MultiTaskModel(trunk(), heads)
        optimizer = keras.optimizers.SGD(1.0, global_clipnorm=0.01)
        model.compile(optimizer, loss="mse", run_eagerly=EAGER)
        before = [as_numpy(v).copy() for v in model.trunk.trainable_variables]
        options = {"shuffle": False, "steps_per_epoch": 1, "verbose": 0, "batch_size": 8}
        x2 = np.concatenate([x, x])
        if isinstance(steps, schedules.Joint):
            model.fit(x2, {**labels, "age": np.concatenate([y, y])}, **options)
        else:
            data = {"age": (x, y), "eyes": (x, y)}
            later = schedules.join([ONLY_AGE, TURNS], boundaries=[1])
            model.fit(data, schedule=later, **options)
        after = [as_numpy(v) for v in model.trunk.trainable_variables]
        moved.append([new - old for old, new in zip(before, after, strict=True)])
    for joint, alone in zip(*moved, strict=True):
        np.testing.assert_allclose(joint, alone, rtol=1e-4, atol=1e-7)


def test_joint_training_counts_each_step_once():
    model = two_tasks(optimizer="adam")
    x, labels = joint_data()
    model.fit(x, labels, batch_size=8, verbose=0)
    assert int(model.optimizer.iterations) == 3

"""Each part of a model is optimized by its own count, and left alone where it does not train."""

import keras
import numpy as np
import pytest

from _helpers import draw, reload
from _two_tasks import (
    EAGER,
    SEED,
    Adam,
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
from keras_mtl import Head, MultiTaskModel, TaskOptimizer, schedules

ONLY_AGE = schedules.Blocks({"age": 1})
FAST = {"batch_size": 8, "seed": SEED, "verbose": 0}
TURNS = schedules.RoundRobin()
LATE = schedules.join([ONLY_AGE, schedules.Blocks({"hair": 1})], boundaries=[6])


def train(model, steps=6, schedule=TURNS, data=None, **options):
    data = data or two_data_sets()
    return model.fit(data, schedule=schedule, steps_per_epoch=steps, **{**FAST, **options})


def reference_of(model, make_optimizer, steps=6, clip=None, tasks=("age", "hair")):
    """The reference after `steps` turns."""
    reference = Reference(model, make_optimizer)
    feeds = {task: batches_of(task, own, 8) for task, own in two_data_sets().items()}
    for step in range(steps):
        task = tasks[step % len(tasks)]
        reference.step({task: next(feeds[task])}, clip)
    return reference


def slots_of(model, task):
    """The variables of the optimizer of one part."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    return optimizer._parts.inner[task].variables


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.Adam(0.01),
        keras.optimizers.AdamW(0.01, weight_decay=0.1),
        keras.optimizers.SGD(0.1, momentum=0.9, weight_decay=0.1),
        keras.optimizers.RMSprop(0.01, momentum=0.9, centered=True),
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


def test_a_dict_of_optimizers_of_different_classes():
    optimizers = {
        "trunk": keras.optimizers.SGD(0.1, momentum=0.9),
        "age": keras.optimizers.Adam(0.02),
        "hair": keras.optimizers.Adam(0.03),
    }
    model = two_tasks(optimizer=optimizers)
    own = iter([Sgd(0.1), Adam(0.02), Adam(0.03)])
    reference = Reference(model, lambda: next(own))
    feeds = {task: batches_of(task, data, 8) for task, data in two_data_sets().items()}
    for step in range(6):
        task = ("age", "hair")[step % 2]
        reference.step({task: next(feeds[task])})

    train(model)

    assert_same_weights(model, reference)


@pytest.mark.parametrize("names", [{"trunk", "age"}, {"trunk", "age", "hair", "eyes"}])
def test_a_dict_has_an_optimizer_for_each_part(names):
    with pytest.raises(ValueError, match=r"\['trunk', 'age', 'hair'\]"):
        two_tasks(optimizer=dict.fromkeys(names, "sgd"))


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


def test_global_clipnorm_and_accumulation_are_refused_together():
    optimizer = keras.optimizers.SGD(0.1, global_clipnorm=1.0, gradient_accumulation_steps=2)
    with pytest.raises(ValueError, match="Use `clipnorm`"):
        two_tasks(optimizer=optimizer)


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
        "adam",
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


def test_a_config_holds_the_rates_of_now():
    model = two_tasks(optimizer={"trunk": "sgd", "age": "adam", "hair": "sgd"})
    model.optimizer.learning_rate = 0.02

    copy = TaskOptimizer.from_config(model.optimizer.get_config())
    copy.bind({"trunk": [], "age": [], "hair": []})

    rates = {name: float(as_numpy(one.learning_rate)) for name, one in copy._parts.inner.items()}
    assert rates == pytest.approx({"trunk": 0.02, "age": 0.002, "hair": 0.02})
    assert float(copy.learning_rate) == pytest.approx(0.02)


def test_the_optimizer_of_a_tasks_own_model():
    model = two_tasks(optimizer={"trunk": "sgd", "age": "adam", "hair": "rmsprop"})
    model.optimizer.learning_rate = 0.02  # From 0.01.

    own = model.task("hair").optimizer

    assert isinstance(own, keras.optimizers.RMSprop)
    assert float(own.learning_rate) == pytest.approx(0.002)


def mixed(optimizer, **layers):
    policy = keras.dtype_policies.DTypePolicy("mixed_float16")
    inputs = keras.Input((4,), name="x")
    dense = keras.layers.Dense(5, "tanh", dtype=policy, name="dense")
    base = keras.Model(inputs, dense(inputs), name="base")
    heads = {"age": Head(1, "regression", dtype=policy), "hair": Head(3, dtype=policy)}
    model = MultiTaskModel(base, heads)
    model.compile(keras.optimizers.LossScaleOptimizer(optimizer, **layers), run_eagerly=EAGER)
    return model


def test_mixed_precision_trains_with_a_scaled_loss():
    model = mixed(keras.optimizers.SGD(0.1), initial_scale=2.0**8)
    plain = two_tasks(optimizer=keras.optimizers.SGD(0.1))
    plain.set_weights(model.get_weights())

    train(model)
    train(plain)

    for half, full in zip(model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(half, full, rtol=0.05, atol=5e-3)
    assert int(as_numpy(model.optimizer.iterations)) == 6


def test_overflow_skips_the_step_and_halves_the_scale():
    model = mixed(keras.optimizers.Adam(0.1), initial_scale=2.0**100)
    start = bits([*model.variables, *slots_of(model, "trunk")])

    train(model, steps=2)

    assert bits([*model.variables, *slots_of(model, "trunk")])[: len(start)] == start
    assert float(as_numpy(model.optimizer.dynamic_scale)) == 2.0**98
    assert int(as_numpy(model.optimizer.iterations)) == 0
    train(model, steps=2)
    assert float(as_numpy(model.optimizer.dynamic_scale)) == 2.0**96


def test_a_loss_scale_factor_changes_nothing():
    model = two_tasks(optimizer=keras.optimizers.SGD(0.1, momentum=0.9, loss_scale_factor=128.0))
    reference = reference_of(model, Sgd)

    train(model)

    assert_same_weights(model, reference)


def test_a_policy_of_half_precision_scales_the_loss_by_itself():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = two_tasks(optimizer="adam")
        train(model, steps=2)
    finally:
        keras.config.set_dtype_policy("float32")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    assert all(np.isfinite(value).all() for value in model.get_weights())


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


def test_a_part_with_a_scaled_loss_is_refused():
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1))
    with pytest.raises(ValueError, match="plain optimizers"):
        two_tasks(optimizer={"trunk": scaled, "age": "sgd", "hair": "sgd"})

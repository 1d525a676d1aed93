"""Updates by `layerwise` equal updates worked out by hand, before and after a reload."""

import keras
import numpy as np
import pytest
from keras import layers, optimizers

import keras_mtl
from _helpers import reload
from _layers_by_hand import (
    OPTIMIZERS,
    RATE,
    STEPS,
    ByHand,
    X,
    Y,
    assert_values,
    fit,
    gradients,
    trained,
    transferred,
    values_of,
)
from _turns import train
from _two_tasks import bits, two_tasks
from _watching import as_numpy
from _zoo import first_ones
from keras_mtl.errors import LayerNotFound, UnbuiltModel, UnsupportedModel

MULTIPLIERS = {"low": 0.25, "mid": 0.0, "head": 2.0}


@pytest.mark.parametrize("name", first_ones(OPTIMIZERS, 1))
def test_updates_equal_those_by_hand_after_a_reload_too(name, tmp_path):
    model = transferred(keras_mtl.layerwise(OPTIMIZERS[name](), MULTIPLIERS))
    frozen = bits(model.trunk.get_layer("mid").variables)
    values = values_of(model)
    rules = [ByHand(RATE * times) for times in (0.25, 0.25, 0.0, 0.0, 2.0, 2.0)]

    for _ in range(2):
        for _ in range(STEPS):
            pairs = zip(rules, values, gradients(values), strict=True)
            values = [getattr(rule, name)(value, gradient) for rule, value, gradient in pairs]
        fit(model)
        assert_values(model, values)
        assert bits(model.trunk.get_layer("mid").variables) == frozen
        model = reload(model, tmp_path)


@pytest.mark.slow
def test_multipliers_of_one_change_no_bit():
    plain = transferred(OPTIMIZERS["adamw"]())
    ones = keras_mtl.layerwise(OPTIMIZERS["adamw"](), {"trunk": 1.0}, decay=1.0)
    multiplied = transferred(ones)
    for model in (plain, multiplied):
        fit(model)
    assert bits(plain.trainable_variables) == bits(multiplied.trainable_variables)


def test_decay_by_depth_times_multipliers():
    optimizer = keras_mtl.layerwise("adam", {"trunk": 0.5}, decay=0.1)
    model = transferred(optimizer)
    found = [optimizer.multiplier_of(variable) for variable in model.trainable_variables]
    np.testing.assert_allclose(found, [0.005, 0.005, 0.05, 0.05, 1.0, 1.0])


def sgd_by_hand(model, times, rates):
    """The values after a step of SGD at each of the rates."""
    values = values_of(model)
    for rate in rates:
        pairs = zip(values, gradients(values), times, strict=True)
        values = [value - rate * one * gradient for value, gradient, one in pairs]
    return values


TIMES = (0.25, 0.25, 0.0, 0.0, 2.0, 2.0)


def test_a_schedule_of_rates():
    schedule = optimizers.schedules.PiecewiseConstantDecay([0, 1], [0.1, 0.05, 0.01])
    model = transferred(keras_mtl.layerwise(optimizers.SGD(schedule), MULTIPLIERS))
    expected = sgd_by_hand(model, TIMES, [0.1, 0.05, 0.01])
    fit(model)
    assert_values(model, expected)


@pytest.mark.slow
def test_a_schedule_survives_a_reload(tmp_path):
    schedule = optimizers.schedules.PiecewiseConstantDecay([0, 1], [0.1, 0.05, 0.01])
    model = transferred(keras_mtl.layerwise(optimizers.SGD(schedule), MULTIPLIERS))
    expected = sgd_by_hand(model, TIMES, [0.1, 0.05, 0.01])
    fit(model, epochs=1)
    model = reload(model, tmp_path)
    fit(model, epochs=2)
    assert_values(model, expected)


@pytest.mark.parametrize("kind", first_ones(["plateau", "scheduler"], 1))
def test_callbacks_that_change_the_rate(kind, tmp_path):
    model = transferred(keras_mtl.layerwise(optimizers.SGD(0.1), MULTIPLIERS))
    expected = sgd_by_hand(model, TIMES, [0.1, 0.05, 0.025])
    callback = {
        "scheduler": keras.callbacks.LearningRateScheduler(lambda epoch: 0.1 / 2**epoch),
        # Nothing is an improvement by 100.
        "plateau": keras.callbacks.ReduceLROnPlateau("loss", 0.5, patience=1, min_delta=100),
    }[kind]
    epochs = 3 if kind == "scheduler" else 4
    if kind == "plateau":
        expected = sgd_by_hand(model, TIMES, [0.1, 0.1, 0.05, 0.025])

    fit(model, epochs=epochs, callbacks=[callback])

    assert_values(model, expected)
    rate = float(as_numpy(model.optimizer.learning_rate))
    assert float(as_numpy(reload(model, tmp_path).optimizer.learning_rate)) == rate


@pytest.mark.parametrize(
    ("clipping", "by_hand"),
    [
        ({"clipvalue": 0.1}, lambda found: [np.clip(g, -0.1, 0.1) for g in found]),
        ({"clipnorm": 0.1}, lambda found: [g * min(1, 0.1 / np.linalg.norm(g)) for g in found]),
        # The layer with multiplier zero does not count.
        ({"global_clipnorm": 0.1}, lambda found: _globally(found, 0.1, without=(2, 3))),
    ],
    ids=["value", "norm", "global norm"],
)
def test_gradients_are_clipped_over_all_layers(clipping, by_hand):
    model = transferred(keras_mtl.layerwise(optimizers.SGD(RATE, **clipping), MULTIPLIERS))
    values = values_of(model)
    pairs = zip(values, by_hand(gradients(values)), TIMES, strict=True)
    expected = [value - RATE * one * gradient for value, gradient, one in pairs]
    fit(model, epochs=1)
    assert_values(model, expected)


def _globally(found, norm, without):
    counted = [g for index, g in enumerate(found) if index not in without]
    whole = np.sqrt(sum((g**2).sum() for g in counted))
    return [g * min(1, norm / whole) for g in found]


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {"gradient_accumulation_steps": 2, "clipnorm": 0.1},
        {"use_ema": True, "ema_momentum": 0.5},
        {"loss_scale_factor": 4.0},
    ],
    ids=lambda settings: next(iter(settings)),
)
def test_what_an_optimizer_can_do_besides(settings):
    plain = transferred(optimizers.Adam(RATE, **settings))
    multiplied = transferred(
        keras_mtl.layerwise(optimizers.Adam(RATE, **settings), {"low": 1.0 + 1e-9})
    )
    for model in (plain, multiplied):
        fit(model, epochs=4)
    assert_values(multiplied, values_of(plain), rtol=1e-5)


def test_variables_excluded_from_decay_stay_so():
    optimizer = optimizers.SGD(RATE, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    model = transferred(keras_mtl.layerwise(optimizer, {"trunk": 0.5}))
    values = values_of(model)
    expected = []
    for index, (value, gradient) in enumerate(zip(values, gradients(values), strict=True)):
        rate = RATE if index > 3 else RATE / 2
        decay = 0.5 * rate * value * (index % 2 == 0)
        expected.append(value - decay - rate * gradient)
    fit(model, epochs=1)
    assert_values(model, expected)


@pytest.mark.slow
@pytest.mark.parametrize("outside", first_ones([False, True], 1))
def test_a_loss_scale_optimizer(outside, tmp_path):
    inner = optimizers.SGD(0.1)
    optimizer = (
        optimizers.LossScaleOptimizer(keras_mtl.layerwise(inner, MULTIPLIERS))
        if outside
        else keras_mtl.layerwise(optimizers.LossScaleOptimizer(inner), MULTIPLIERS)
    )
    assert isinstance(optimizer, optimizers.LossScaleOptimizer)
    model = transferred(optimizer)
    expected = sgd_by_hand(model, TIMES, [0.1] * 4)
    fit(model, epochs=2)
    model = reload(model, tmp_path)
    fit(model, epochs=2)
    assert_values(model, expected)


@pytest.mark.slow
def test_a_plain_model_of_keras_by_the_names_of_its_layers(tmp_path):
    model = trained()
    model.compile(keras_mtl.layerwise("sgd", {"low|mid": 0.5, "top": 0.0}), "mse")
    expected = sgd_by_hand(model, (0.5, 0.5, 0.5, 0.5, 0.0, 0.0), [0.01] * 2)
    fit(model, epochs=1)
    model = reload(model, tmp_path)
    fit(model, epochs=1)
    assert_values(model, expected)


@pytest.mark.slow
def test_decay_in_a_plain_model_of_keras(tmp_path):
    model = trained()
    model.compile(keras_mtl.layerwise("sgd", decay=0.5, model=model), "mse")
    expected = sgd_by_hand(model, (0.25, 0.25, 0.5, 0.5, 1.0, 1.0), [0.01] * 2)
    fit(model, epochs=1)
    model = reload(model, tmp_path)
    fit(model, epochs=1)
    assert_values(model, expected)


@pytest.mark.slow
def test_freezing_and_unfreezing_keep_multipliers_and_slots():
    model = transferred(keras_mtl.layerwise("adam", MULTIPLIERS, decay=0.5))
    fit(model)
    slots = {v.path: as_numpy(v) for v in model.optimizer.variables if "momentum" in v.path}

    keras_mtl.freeze(model, upto="low")
    kept = {v.path: as_numpy(v) for v in model.optimizer.variables if "momentum" in v.path}
    assert kept and all(np.array_equal(value, slots[path]) for path, value in kept.items())
    keras_mtl.unfreeze(model)

    low = model.trunk.get_layer("low").kernel
    assert model.optimizer.multiplier_of(low) == 0.25 * 0.5**2


@pytest.mark.slow
def test_a_multi_task_model_by_parts(tmp_path):
    optimizer = keras_mtl.layerwise(optimizers.SGD(0.1, momentum=0.9), {"trunk": 0.0, "hair": 0.5})
    keras.utils.set_random_seed(0)
    model = two_tasks(optimizer=optimizer)
    keras.utils.set_random_seed(0)
    by_dict = two_tasks(
        optimizer={
            "trunk": optimizers.SGD(0.0, momentum=0.9),
            "age": optimizers.SGD(0.1, momentum=0.9),
            "hair": optimizers.SGD(0.05, momentum=0.9),
        }
    )
    before = bits(model.trunk.variables)
    train(model)
    train(by_dict)
    assert bits(model.trunk.variables) == before
    for one, other in zip(model.trainable_variables, by_dict.trainable_variables, strict=True):
        np.testing.assert_allclose(as_numpy(one), as_numpy(other), rtol=1e-5, atol=1e-7)

    model = reload(model, tmp_path)
    train(model)
    assert bits(model.trunk.variables) == before


@pytest.mark.slow
def test_a_multi_task_model_with_an_optimizer_by_part():
    low = keras_mtl.layerwise("sgd", {"trunk": 0.5}, decay=0.5)
    model = two_tasks(optimizer={"trunk": low, "age": "adam", "hair": "adam"})
    train(model)
    with pytest.raises(LayerNotFound, match="Did you mean 'hair'"):
        two_tasks(optimizer=keras_mtl.layerwise("sgd", {"hairs": 0.5}))


@pytest.mark.slow
def test_cached_features():
    model = keras_mtl.transfer(
        trained(), cut=1, head=[layers.Dense(3, name="one"), layers.Dense(2)], verify=False
    )
    model.compile(keras_mtl.layerwise("sgd", {"one": 0.0, "trunk": 0.5}), loss="mse")
    first, *_, top = model.head.layers
    before, last = bits(first.variables), bits(top.variables)
    keras_mtl.fit_cached(model, X, Y, epochs=1, verbose=0)
    assert bits(first.variables) == before
    assert bits(top.variables) != last


def built():
    optimizer = optimizers.Adam()
    optimizer.build([keras.Variable(np.ones(2))])
    return optimizer


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((built, {"low": 0.1}), "is already built"),
        ((lambda: keras_mtl.layerwise("sgd", {"low": 1}), {"low": 0.1}), "chooses among"),
        (
            (
                lambda: optimizers.SGD(global_clipnorm=1.0, gradient_accumulation_steps=2),
                {"low": 1.0},
            ),
            "`global_clipnorm` is measured over all variables",
        ),
    ],
)
def test_optimizers_that_cannot_be_copied(arguments, message):
    optimizer, multipliers = arguments
    with pytest.raises(ValueError, match=message):
        keras_mtl.layerwise(optimizer(), multipliers)


def test_unknown_layers_are_found_as_early_as_can_be():
    with pytest.raises(LayerNotFound, match=r"`lwo`\. Did you mean 'low'"):
        keras_mtl.layerwise("adam", {"lwo": 0.5}, model=trained())
    model = transferred("adam")
    before = model.optimizer
    with pytest.raises(LayerNotFound, match=r"`lwo`\. Did you mean 'low'"):
        model.compile(keras_mtl.layerwise("adam", {"lwo": 0.5}), "mse")
    assert model.optimizer is before
    plain = trained()
    plain.compile(keras_mtl.layerwise("adam", {"head": 0.5}), "mse")
    with pytest.raises(LayerNotFound, match="`head`"):
        fit(plain)


def test_models_that_tell_too_little():
    plain = trained()
    plain.compile(keras_mtl.layerwise("adam", decay=0.5), "mse")
    with pytest.raises(ValueError, match=r"Pass it: `keras_mtl\.layerwise"):
        fit(plain)
    unbuilt = keras.Sequential([layers.Dense(2, name="low")])
    with pytest.raises(UnbuiltModel):
        keras_mtl.layerwise("adam", {"low": 0.5}, model=unbuilt)

    class Subclassed(keras.Model):
        def __init__(self):
            super().__init__()
            self.dense = layers.Dense(2, name="dense")

        def call(self, inputs):
            return self.dense(inputs)

    model = Subclassed()
    model(X)
    keras_mtl.layerwise("adam", {"dense": 0.5}, model=model)
    with pytest.raises(UnsupportedModel):
        keras_mtl.layerwise("adam", decay=0.5, model=model)


@pytest.mark.slow
def test_layers_that_begin_to_train_after_compile_are_refused():
    model = transferred("adam")
    model.trunk.get_layer("low").trainable = False
    model.compile(keras_mtl.layerwise("adam", {"trunk": 0.5}), "mse")
    fit(model)
    model.trunk.get_layer("low").trainable = True
    model.train_function = None
    with pytest.raises(ValueError, match=r"Call `compile` again|optimizer was built with"):
        fit(model)

import keras
import numpy as np
import pytest
from keras import layers, optimizers

from _helpers import draw, moved_variables
from _watching import as_numpy
from keras_mtl import errors, freeze, transfer, unfreeze
from keras_mtl.keras_private import optimizers as private

X, Y = draw(16, 4), np.arange(16) % 2


@pytest.fixture(params=["float32", pytest.param("mixed_float16", marks=pytest.mark.slow)])
def any_policy(request):
    """Each of the dtype policies, for what differs little between them."""
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy("float32")


@pytest.fixture(params=["float32", "mixed_float16"])
def policy(request):
    """A dtype policy; under mixed precision Keras wraps the optimizer."""
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy("float32")


def transferred():
    """Three hidden layers, of which the last trains with the head."""
    hidden = [layers.Dense(4, "tanh", name=name) for name in ("first", "second", "third")]
    source = keras.Sequential([keras.Input((4,)), *hidden, layers.Dense(2)])
    return transfer(source, cut=1, freeze="second", head=2)


class Halving(optimizers.schedules.LearningRateSchedule):
    """A schedule that no Keras file knows."""

    def __init__(self, start):
        self.start = start

    def __call__(self, step):
        return self.start * 0.5 ** keras.ops.cast(step, "float32")

    def get_config(self):
        return {"start": self.start}


def compiled_with(optimizer, **options):
    model = transferred()
    model.compile(optimizer, model.head.make_loss(), **options)
    return model


def test_compiled_again_as_it_was():
    metrics = [keras.metrics.SparseCategoricalAccuracy(name="right"), "sparse_categorical_accuracy"]
    optimizer = optimizers.SGD(0.25, momentum=0.5, nesterov=True, clipnorm=3.0)
    model = compiled_with(optimizer, metrics=metrics, run_eagerly=True)
    loss = model.loss
    names = set(model.fit(X, Y, verbose=0).history)
    unfreeze(model)
    assert set(model.fit(X, Y, verbose=0).history) == names
    assert {"right", "sparse_categorical_accuracy"} <= names
    assert model.loss is loss
    assert model.run_eagerly
    assert model.optimizer is not optimizer
    assert model.optimizer.get_config() == optimizer.get_config()
    assert int(model.optimizer.iterations) == 1


def test_the_learning_rate_of_now_is_kept():
    model = compiled_with(optimizers.Adam(0.5), run_eagerly=True)
    slower = keras.callbacks.LearningRateScheduler(lambda epoch: 0.125)
    model.fit(X, Y, callbacks=[slower], verbose=0)
    unfreeze(model)
    assert float(model.optimizer.learning_rate) == 0.125
    freeze(model)
    assert float(model.optimizer.learning_rate) == 0.125


@pytest.mark.slow
def test_a_schedule_need_not_be_registered(any_policy):
    model = compiled_with(optimizers.SGD(Halving(0.5)))
    model.fit(X, Y, verbose=0)
    unfreeze(model)
    model.fit(X, Y, verbose=0)
    assert float(unwrapped(model.optimizer).learning_rate) == 0.25


OPTIMIZERS = {
    "SGD": (lambda: optimizers.SGD(0.1, momentum=0.9), ["momentums"]),
    "Adam": (
        lambda: optimizers.Adam(amsgrad=True),
        ["_momentums", "_velocities", "_velocity_hats"],
    ),
    "AdamW": (lambda: optimizers.AdamW(), ["_momentums", "_velocities"]),
    "RMSprop": (
        lambda: optimizers.RMSprop(momentum=0.9, centered=True),
        ["_velocities", "_momentums", "_average_gradients"],
    ),
}


def unwrapped(optimizer):
    return getattr(optimizer, "inner_optimizer", optimizer)


def slots_of(optimizer, names):
    """The slots by the path of the variable that they belong to."""
    return {
        variable.path: [as_numpy(getattr(optimizer, name)[i]).copy() for name in names]
        for i, variable in enumerate(optimizer._trainable_variables)
    }


@pytest.mark.parametrize(
    "name, policy",
    [
        ("SGD", "float32"),
        ("Adam", "mixed_float16"),
        *(
            pytest.param(name, policy, marks=pytest.mark.slow)
            for policy in ("float32", "mixed_float16")
            for name in OPTIMIZERS
            if (name, policy) not in {("SGD", "float32"), ("Adam", "mixed_float16")}
        ),
    ],
    indirect=["policy"],
)
def test_slots_follow_their_variables(name, policy):
    make_optimizer, names = OPTIMIZERS[name]
    model = compiled_with(make_optimizer(), run_eagerly=True)
    model.fit(X, Y, epochs=2, verbose=0)
    scaled = isinstance(model.optimizer, optimizers.LossScaleOptimizer)
    assert scaled == (policy == "mixed_float16")

    for switch, options in [(unfreeze, {"last": 2}), (freeze, {"upto": "second"})]:
        before = slots_of(unwrapped(model.optimizer), names)
        switch(model, **options)
        after = slots_of(unwrapped(model.optimizer), names)
        assert set(after) == {variable.path for variable in model.trainable_variables}
        for path, slots in after.items():
            for i, slot in enumerate(slots):
                kept = before[path][i] if path in before else np.zeros_like(slot)
                assert kept.any() == (path in before)
                np.testing.assert_array_equal(slot, kept)
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("kind", [optimizers.Adafactor, optimizers.Muon, optimizers.Nadam])
def test_slots_of_other_shapes_and_absent_slots_follow_too(kind):
    model = compiled_with(kind(use_ema=True), run_eagerly=True)
    model.fit(X, Y, verbose=0)
    before = {
        id(variable): {name: as_numpy(slot).copy() for name, slot in own.items()}
        for variable in model.trainable_variables
        for own in [private.slots_of(model.optimizer, variable)]
    }

    unfreeze(model, last=2)

    for variable in model.trainable_variables:
        for name, slot in private.slots_of(model.optimizer, variable).items():
            kept = before.get(id(variable), {}).get(name, np.zeros(slot.shape))
            np.testing.assert_array_equal(as_numpy(slot), kept, err_msg=f"{variable.path} {name}")
    assert any(slot.any() for own in before.values() for slot in own.values())
    model.fit(X, Y, verbose=0)


def test_the_slots_of_a_multi_optimizer_follow_their_variables():
    adam = optimizers.Adam(0.01)
    adam.exclude_from_weight_decay(var_names=["bias"])
    by_path = optimizers.OptimizerMap(adam, {"head.*": optimizers.SGD(0.1, momentum=0.9)})
    model = compiled_with(optimizers.MultiOptimizer(by_path), run_eagerly=True)
    model.fit(X, Y, verbose=0)

    def slots():
        return {
            variable.path: [as_numpy(slot).copy() for slot in own.values()]
            for optimizer in model.optimizer.optimizers
            for variable in private.trained_variables(optimizer)
            for own in [private.slots_of(optimizer, variable)]
        }

    before = slots()
    unfreeze(model, last=2)
    after = slots()

    assert {path: len(own) for path, own in before.items()} == {
        "third/kernel": 2,
        "third/bias": 2,
        "head/output/kernel": 1,
        "head/output/bias": 1,
    }
    for path, own in after.items():
        for slot, kept in zip(own, before.get(path, [np.zeros(())] * 2), strict=False):
            np.testing.assert_array_equal(slot, np.broadcast_to(kept, slot.shape), err_msg=path)
    default = model.optimizer.optimizers[-1]
    assert [private.exclusions_from_decay(default)] == [private.exclusions_from_decay(adam)]
    model.fit(X, Y, verbose=0)


@pytest.mark.slow
def test_a_switch_that_changes_nothing_does_not_disturb_training():
    """Momentum knows no step count, so its slots are all that training remembers."""
    switched, straight = (
        compiled_with(optimizers.SGD(0.1, momentum=0.9), run_eagerly=True) for _ in range(2)
    )
    straight.set_weights(switched.get_weights())
    for model in (switched, straight):
        model.fit(X, Y, epochs=2, shuffle=False, verbose=0)
        if model is switched:
            freeze(model, "second")
        model.fit(X, Y, epochs=2, shuffle=False, verbose=0)
    for weight, expected in zip(switched.get_weights(), straight.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_before_the_first_fit():
    model = unfreeze(compiled_with("adam"), start="second")
    with moved_variables(model) as moved:
        model.fit(X, Y, verbose=0)
    assert moved == model.trainable_variables


def test_not_compiled_stays_not_compiled():
    model = transfer(transferred(), cut=0, head=layers.Dense(2))
    assert not unfreeze(model).compiled
    assert not freeze(model).compiled


def test_a_function_in_a_metric_need_not_be_registered():
    def unknown(y_true, y_pred):
        return keras.ops.mean(y_pred, axis=-1)

    metric = keras.metrics.MeanMetricWrapper(unknown, name="unknown")
    model = unfreeze(compiled_with("sgd", metrics=[metric]))
    assert "unknown" in model.fit(X, Y, verbose=0).history


def test_what_is_not_to_decay_is_kept(policy):
    optimizer = optimizers.AdamW()
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    optimizer = unwrapped(unfreeze(compiled_with(optimizer)).optimizer)
    for variable in optimizer._trainable_variables:
        assert optimizer._use_weight_decay(variable) == (variable.name != "bias")


class Threshold(keras.metrics.Mean):
    """Its config lacks an argument of the constructor."""

    def __init__(self, threshold, **kwargs):
        super().__init__(**kwargs)


def test_nothing_changes_if_the_model_cannot_be_compiled_again():
    model = compiled_with("sgd", metrics=[Threshold(0.5, name="above")])
    trained, optimizer = model.trainable_variables, model.optimizer
    with pytest.raises(errors.CloneError, match=r"`above` \(Threshold\).*`get_config`.*threshold"):
        unfreeze(model)
    assert model.trainable_variables == trained
    assert model.optimizer is optimizer

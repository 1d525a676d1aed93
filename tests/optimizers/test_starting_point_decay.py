"""Weight decay towards the weights at the first step, against updates worked out by hand."""

import keras
import numpy as np
import pytest
from keras import optimizers

import keras_mtl
from _helpers import reload
from _layers_by_hand import (
    OPTIMIZERS,
    RATE,
    STEPS,
    ByHand,
    assert_values,
    fit,
    gradients,
    transferred,
    values_of,
)
from _turns import FAST
from _two_tasks import Reference, Sgd, assert_same_weights, batches_of, two_data_sets, two_tasks
from _watching import as_numpy
from _zoo import first_ones
from keras_mtl import schedules
from keras_mtl.errors import LayerNotFound
from keras_mtl.optimizers.starting_point_decay import StartingPointDecay


class Pulled(ByHand):
    """Updates of one variable that decays towards its value at the start."""

    def __init__(self, rate, start, pull):
        super().__init__(rate)
        self.start, self.pull = start, pull

    def update(self, name, value, gradient):
        if not self.pull:
            return getattr(self, name)(value, gradient)
        value = value - self.rate * self.pull * (value - self.start)
        if name == "momentum":
            return self.momentum(value, gradient, decay=0.0)
        return self.adam(value, gradient)


def pulled(model, multipliers, pulls):
    """A rule for each variable; the multipliers and pulls are those of the layers."""
    pairs = zip(values_of(model), np.repeat(multipliers, 2), np.repeat(pulls, 2), strict=True)
    return [Pulled(RATE * times, start, pull) for start, times, pull in pairs]


def by_hand(rules, name, values, steps):
    for _ in range(steps):
        steps_of = zip(rules, values, gradients(values), strict=True)
        values = [rule.update(name, value, gradient) for rule, value, gradient in steps_of]
    return values


@pytest.mark.parametrize("name", first_ones(["momentum", "adamw"], 1))
def test_updates_equal_those_by_hand_after_a_reload_too(name, tmp_path):
    """The trunk decays towards its start, a frozen layer not at all, the head towards zero."""
    optimizer = keras_mtl.layerwise(
        OPTIMIZERS[name](), {"low": 0.5, "mid": 0.0}, starting_point=4.0
    )
    model = transferred(optimizer)
    rules, values = pulled(model, (0.5, 0.0, 1.0), (4.0, 4.0, 0.0)), values_of(model)
    mid = [as_numpy(v).tobytes() for v in model.trunk.get_layer("mid").variables]

    for _ in range(2):
        values = by_hand(rules, name, values, STEPS)
        fit(model)
        assert_values(model, values)
        assert [as_numpy(v).tobytes() for v in model.trunk.get_layer("mid").variables] == mid
        model = reload(model, tmp_path)
    assert model.optimizer.starting_point_of(model.trunk.get_layer("low").kernel) == 4.0


@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer:UserWarning")
def test_the_start_is_the_first_step_also_of_a_model_saved_before_it(tmp_path):
    """Keras builds the optimizer of a loaded model before it loads the weights."""
    model = transferred(keras_mtl.layerwise("sgd", {"trunk": 2.0}, starting_point={"low": 3.0}))
    model.set_weights([value + 1 for value in model.get_weights()])
    model = reload(model, tmp_path)
    values = starts = values_of(model)
    times, pulls = np.repeat([2.0, 2.0, 1.0], 2), np.repeat([3.0, 0.0, 0.0], 2)
    for _ in range(STEPS):
        parts = zip(values, starts, gradients(values), times, pulls, strict=True)
        values = [
            value - 0.01 * one * (pull * (value - start) + gradient)
            for value, start, gradient, one, pull in parts
        ]
    fit(model)
    assert_values(model, values)


@pytest.mark.parametrize("wrapped", first_ones([False, True], 1))
def test_schedules_count_and_neither_clipping_nor_scaling_do(wrapped):
    rates = [0.1, 0.05, 0.01]
    schedule = optimizers.schedules.PiecewiseConstantDecay([0, 1], rates)
    optimizer = optimizers.SGD(schedule, clipvalue=0.1, weight_decay=0.5)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    if wrapped:
        optimizer = optimizers.LossScaleOptimizer(optimizer)
    model = transferred(keras_mtl.layerwise(optimizer, {"low": 0.5}, starting_point=2.0))
    values = starts = values_of(model)
    for rate in rates:
        found = [np.clip(gradient, -0.1, 0.1) for gradient in gradients(values)]
        # Kernels decay, those of the trunk towards the start.
        pulls = [
            2.0 * (values[0] - starts[0]), 0, 2.0 * (values[2] - starts[2]), 0, 0.5 * values[4], 0
        ]  # fmt: skip
        times = np.repeat([0.5, 1.0, 1.0], 2)
        parts = zip(values, found, pulls, times, strict=True)
        values = [value - rate * one * (pull + grad) for value, grad, pull, one in parts]
    fit(model)
    assert_values(model, values)


def test_the_trunk_of_several_tasks():
    """As strong as the rate is small: each update of the trunk goes out from the start."""
    optimizer = keras_mtl.layerwise(optimizers.SGD(0.1), starting_point=10.0)
    model = two_tasks(optimizer=optimizer)
    reference = Reference(model, lambda: Sgd(0.1, momentum=0.0))
    start = [value.copy() for value in reference.weights["trunk"]]
    feeds = {task: batches_of(task, own, 8) for task, own in two_data_sets().items()}
    for step in range(4):
        task = ("age", "hair")[step % 2]
        (w, b), batch = reference.weights["trunk"], next(feeds[task])
        before = reference.gradients(task, batch)
        w[:], b[:] = start
        reference.optimizers[task](reference.weights[task], before[0])
        reference.optimizers["trunk"](reference.weights["trunk"], before[1])
    turns = schedules.RoundRobin()
    model.fit(two_data_sets(), schedule=turns, steps_per_epoch=4, **FAST)
    assert_same_weights(model, reference)


@pytest.mark.slow
def test_freezing_and_unfreezing_keep_the_start():
    model = transferred(keras_mtl.layerwise("adam", starting_point=0.5))
    start = as_numpy(model.trunk.get_layer("mid").kernel).copy()
    fit(model)
    keras_mtl.freeze(model, upto="low")
    keras_mtl.unfreeze(model)
    fit(model)
    kept = {v.path: as_numpy(v) for v in model.optimizer.variables if "start" in v.path}
    assert any(np.array_equal(value, start) for value in kept.values())


@pytest.mark.slow
@pytest.mark.backend("tensorflow", "torch", reason="JAX accumulates inside a compiled step only")
def test_accumulated_steps_decay_once():
    variable = keras.Variable(np.ones(2, "float32"))
    decay = StartingPointDecay(0.5, 0.5, 2, "start")
    decay.build([variable])
    decay.decay([variable])
    decay.decay([variable])
    variable.assign([3.0, 5.0])
    decay.decay([variable])
    np.testing.assert_array_equal(as_numpy(variable), [3.0, 5.0])
    decay.decay([variable])
    np.testing.assert_allclose(as_numpy(variable), [2.5, 4.0])


def test_a_number_is_for_the_trunk_of_a_model_that_has_one():
    plain = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="low")])
    plain.compile(keras_mtl.layerwise("sgd", starting_point=0.1), "mse")
    with pytest.raises(LayerNotFound, match="No layer with weights matches `trunk`"):
        plain.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)

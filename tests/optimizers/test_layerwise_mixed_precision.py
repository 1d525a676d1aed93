"""`layerwise` under the policies of half precision: variables stay in float32."""

import keras
import numpy as np
import pytest
from keras import optimizers

import keras_mtl
from _helpers import reload
from _layers_by_hand import ByHand, fit, gradients, transferred, values_of
from _two_tasks import EAGER, bits, sex_and_hair, two_sets
from _watching import as_numpy
from _zoo import first_ones

RATE, DECAY, PULL = 0.05, 0.1, 12.0
MULTIPLIERS = {"low": 0.5, "mid": 0.0}


@pytest.fixture(params=first_ones(["mixed_float16", "mixed_bfloat16"], 1))
def policy(request):
    keras.config.set_dtype_policy(request.param)
    yield request.param
    keras.config.set_dtype_policy("float32")


def layerwise(scale=None):
    optimizer = optimizers.SGD(RATE, momentum=0.9, weight_decay=DECAY)
    if scale is not None:
        optimizer = optimizers.LossScaleOptimizer(optimizer, initial_scale=scale)
    return keras_mtl.layerwise(optimizer, MULTIPLIERS, starting_point=PULL)


@pytest.mark.slow
def test_updates_are_those_by_hand_after_a_reload_too(policy, tmp_path):
    model = transferred(layerwise(), run_eagerly=EAGER)
    scaled = isinstance(model.optimizer, optimizers.LossScaleOptimizer)
    assert scaled == (policy == "mixed_float16")
    starts, values = values_of(model), values_of(model)
    mid = bits(model.trunk.get_layer("mid").variables)
    rules = [ByHand(RATE * times) for times in (0.5, 0.5, 0.0, 0.0, 1.0, 1.0)]
    for _ in range(2):
        for _ in range(3):
            found = gradients(values)
            for index in (0, 1, 4, 5):
                pull = PULL * (values[index] - starts[index]) if index < 2 else 0.0
                decay = DECAY if index > 1 else 0.0
                start = values[index] - rules[index].rate * pull
                values[index] = rules[index].momentum(start, found[index], decay)
        fit(model)
        for variable, value in zip(model.trainable_variables, values, strict=True):
            assert variable.dtype == "float32"
            np.testing.assert_allclose(as_numpy(variable), value, rtol=0.01, atol=4e-3)
        assert bits(model.trunk.get_layer("mid").variables) == mid
        model = reload(model, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("several", [False, True])
def test_a_step_that_overflows_changes_nothing(several):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        if several:
            optimizer = optimizers.LossScaleOptimizer(optimizers.Adam(), initial_scale=2.0**100)
            rates = keras_mtl.layerwise(optimizer, {"trunk": 0.5}, starting_point=1.0)
            model = sex_and_hair(optimizer=rates)
            model.optimizer.build(model.trainable_variables)
        else:
            model = transferred(layerwise(scale=2.0**100))
        before = bits(model)
        if several:
            model.fit(two_sets(8, 8), batch_size=8, verbose=0)
        else:
            fit(model, epochs=1)
    finally:
        keras.config.set_dtype_policy("float32")
    assert bits(model) == before
    slots = {v.path: as_numpy(v) for v in model.optimizer.variables if "start" in v.path}
    assert slots and not any(value.any() for value in slots.values())

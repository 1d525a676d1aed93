"""Scaled losses train as others, and overflow costs a step."""

import keras
import numpy as np

from _turns import reference_of, slots_of, train
from _two_tasks import (
    EAGER,
    Sgd,
    assert_same_weights,
    bits,
    two_tasks,
)
from _watching import as_numpy
from keras_mtl import Head, MultiTaskModel


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

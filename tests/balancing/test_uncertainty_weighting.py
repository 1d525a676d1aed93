import keras
import numpy as np
import pytest
from keras import ops

from keras_mtl.balancing import UncertaintyWeighting


def test_log_variances_are_trained_as_by_adam():
    balancer = UncertaintyWeighting(learning_rate=0.05).for_tasks(["a", "b"])
    variable = keras.Variable([0.0, 0.0])
    adam = keras.optimizers.Adam(0.05)
    adam.build([variable])
    state = balancer.initial_state()
    for step in range(30):
        losses = np.array([3 / (1 + step), 50], "float32")
        coefficients, state = balancer.balance(losses, np.ones(2, bool), state)
        expected = np.exp(-ops.convert_to_numpy(variable))
        np.testing.assert_allclose(ops.convert_to_numpy(coefficients), expected, rtol=1e-4)
        adam.apply([ops.convert_to_tensor(1 - expected * losses)], [variable])


def test_an_absent_task_keeps_its_log_variance():
    balancer = UncertaintyWeighting().for_tasks(["a", "b"])
    losses = np.array([5, np.nan], "float32")
    found, state = balancer.balance(losses, np.array([True, False]), balancer.initial_state())
    np.testing.assert_array_equal(ops.convert_to_numpy(found), [1, 0])
    variances = ops.convert_to_numpy(state["log_variances"])
    assert variances[0] > 0
    assert variances[1] == 0


def test_a_loss_of_zero_gets_a_finite_coefficient():
    balancer = UncertaintyWeighting(learning_rate=5).for_tasks(["a", "b"])
    state = balancer.initial_state()
    for _ in range(10):
        found, state = balancer.balance(np.zeros(2, "float32"), np.ones(2, bool), state)
    np.testing.assert_allclose(ops.convert_to_numpy(found), np.exp(10), rtol=1e-5)


def test_bad_learning_rate():
    with pytest.raises(ValueError, match="`learning_rate` is a positive number"):
        UncertaintyWeighting(learning_rate=0)

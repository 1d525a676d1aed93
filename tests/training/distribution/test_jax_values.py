"""Values of variables on JAX."""

import keras
import numpy as np
import pytest

from keras_mtl.training.distribution.assigning import assign, assign_all

pytestmark = pytest.mark.backend("jax", reason="the values are those of JAX")


class OfSeveral(np.ndarray):
    """An array whose devices seem to be of several processes."""

    is_fully_addressable = False


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int32"])
def test_a_value_is_put_on_the_devices_of_several_processes_without_being_compared(
    monkeypatch, dtype
):
    import jax

    from keras_mtl.training.distribution.jax_values import lying_as

    variable = keras.Variable(np.zeros((2, 3)), dtype=dtype)
    sharding = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    before = np.zeros((2, 3), variable.value.dtype).view(OfSeveral)
    before.sharding = sharding
    value = np.arange(6.0).reshape(2, 3)
    if dtype != "int32":
        value[0, 0] = np.nan
    put = lying_as(type("Shared", (), {"value": before}), value)
    assert put.sharding == sharding and put.dtype == variable.value.dtype
    np.testing.assert_array_equal(np.asarray(put, "float32"), value)


def test_values_of_one_process_are_assigned_as_they_are():
    variables = [keras.Variable(np.zeros(2)), keras.Variable(1.0)]
    assign_all(variables, [np.array([1.0, np.nan]), np.array(2.0)])
    assign(variables[1], np.array(3.0))
    np.testing.assert_array_equal(np.asarray(variables[0].value), [1.0, np.nan])
    assert float(variables[1].value) == 3.0

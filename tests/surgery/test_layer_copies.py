import keras
import numpy as np
import pytest
from keras import layers

from _models import random_batch
from _watching import as_numpy, same_bits
from keras_mtl.errors import CloneError
from keras_mtl.surgery.layer_copies import copy_from_config, copy_layer_state, copy_of_input


def test_a_copy_has_the_name_and_the_settings_but_not_the_state():
    layer = layers.Dense(3, "tanh", name="dense")
    layer.build((None, 4))
    copy = copy_from_config(layer)
    assert (copy.name, copy.get_config(), copy.built) == ("dense", layer.get_config(), False)


def test_state_is_copied_to_arrays_of_its_own():
    layer = layers.BatchNormalization()
    layer.build((None, 4))
    layer.moving_mean.assign(np.arange(4.0))
    copy = copy_from_config(layer)
    copy.build((None, 4))
    copy_layer_state(layer, copy)
    layer.moving_mean.assign(np.zeros(4))
    np.testing.assert_array_equal(as_numpy(copy.moving_mean), np.arange(4.0))


def test_state_that_does_not_fit_is_refused():
    first, second = layers.Dense(3, name="first"), layers.Dense(3)
    first.build((None, 4))
    second.build((None, 5))
    with pytest.raises(CloneError, match="The state of `first` \\(Dense\\) cannot be copied"):
        copy_layer_state(first, second)


def test_a_lambda_keeps_its_function():
    factor = 3.0
    layer = layers.Lambda(lambda x: x * factor, output_shape=(4,), name="scaled")
    copy = copy_from_config(layer)
    assert (copy.name, copy.function) == ("scaled", layer.function)
    model = keras.Sequential([keras.Input((4,)), copy])
    batch = random_batch(model)
    assert same_bits(model(batch), batch * factor)


@pytest.mark.parametrize("sparse", [False, True])
def test_an_input_is_like_the_other(sparse):
    if sparse and keras.backend.backend() == "torch":
        pytest.skip("torch has no sparse inputs")
    tensor = keras.Input((None, 3), dtype="int32", name="tokens", sparse=sparse, optional=True)
    copy = copy_of_input(tensor)
    assert copy is not tensor
    for name in ("name", "shape", "dtype", "sparse"):
        assert getattr(copy, name) == getattr(tensor, name)

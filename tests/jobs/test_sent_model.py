import keras
import numpy as np
import pytest
from keras import layers

from _watching import as_numpy
from keras_mtl.errors import UnsupportedModel
from keras_mtl.jobs.sent_model import SentModel
from keras_mtl.keras_private.layers import seed_states


def test_a_model_arrives_with_its_random_generators():
    model = keras.Sequential([keras.Input((4,)), layers.Dropout(0.5), layers.Dense(2)])
    x = np.ones((6, 4), "float32")
    model(x, training=True)
    there = SentModel.of(model).load()
    np.testing.assert_array_equal(as_numpy(model(x)), as_numpy(there(x)))
    (before,), (after,) = (seed_states(one.layers[0]) for one in (model, there))
    np.testing.assert_array_equal(as_numpy(before), as_numpy(after))
    assert not there.compiled


def test_it_is_compiled_if_asked_for():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    assert SentModel.of(model).load(compiled=True).loss.get_config()["from_logits"]


def test_a_model_that_cannot_be_loaded():
    model = keras.Sequential([keras.Input((4,)), layers.Lambda(lambda x: 2 * x), layers.Dense(2)])
    with pytest.raises(UnsupportedModel, match="Pass `n_jobs=1`"):
        SentModel.of(model).load()

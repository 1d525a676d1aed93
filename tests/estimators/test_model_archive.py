import keras
import numpy as np

from _watching import as_numpy
from keras_mtl.estimators.model_archive import from_archive, to_archive


def test_an_archive_holds_the_model_without_its_training():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", "mse")
    loaded = from_archive(to_archive(model))
    assert not loaded.compiled
    x = np.ones((2, 3))
    np.testing.assert_array_equal(as_numpy(loaded(x)), as_numpy(model(x)))


def test_the_bytes_depend_on_the_model_alone():
    shared = keras.layers.Dense(3)
    inputs = keras.Input((3,))
    model = keras.Model(inputs, shared(shared(inputs)))
    archive = to_archive(model)
    assert archive == to_archive(model)
    shared.bias.assign([1, 0, 0])
    assert archive != to_archive(model)


def test_the_loss_comes_along_if_asked_for():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    loaded = from_archive(to_archive(model), compiled=True)
    assert loaded.loss.get_config()["from_logits"]

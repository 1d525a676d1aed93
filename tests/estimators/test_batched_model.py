import copy

import keras
import numpy as np
import pytest

from _engines import install
from _watching import assert_close
from keras_mtl.estimators.batched_model import BatchedModel


@pytest.fixture
def model():
    """Named inputs, and two outputs."""
    inputs = {"b": keras.Input((3,), name="b"), "a": keras.Input((1,), name="a")}
    joint = keras.layers.Concatenate()(list(inputs.values()))
    return keras.Model(inputs, [keras.layers.Dense(2)(joint), keras.layers.Dense(1)(joint)])


def rows(samples):
    generator = np.random.default_rng(0)
    return [generator.normal(size=(samples, 1)), generator.normal(size=(samples, 3))]


def test_outputs_are_those_of_the_model_side_by_side_whatever_the_batches(model):
    a, b = rows(21)
    expected = np.concatenate(model.predict({"a": a, "b": b}, verbose=0), axis=1)
    for batch_size in (4, 32):
        found = BatchedModel(model).outputs([a, b], batch_size)
        assert found.dtype == "float32"
        assert_close(found, expected)


def test_an_engine_is_converted_for_once_whatever_the_sizes(model, monkeypatch):
    engine = install(monkeypatch)
    engine.error = 1e-5
    batched = BatchedModel(model)
    for samples, calls in ((3, 1), (10, 3)):
        before = engine.calls
        found = batched.outputs(rows(samples), 4, engine="openvino")
        assert_close(found, batched.outputs(rows(samples), 4))
        assert engine.calls - before == calls and found.dtype == "float32"
    assert engine.conversions == 1
    copied = copy.deepcopy(batched)  # Without the engine, which may hold anything.
    assert copied.outputs(rows(2), 4, engine="openvino").shape == (2, 3)


def test_a_copy_by_pickle_gives_the_same(model):
    batched = BatchedModel(model)
    copied = copy.deepcopy(batched)
    assert copied.model is not model
    assert_close(copied.outputs(rows(5), 8), batched.outputs(rows(5), 8))


def test_a_last_dimension_of_1_may_come_and_go():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(3)])
    batched = BatchedModel(keras.Model(model.inputs, model.outputs))
    column = np.arange(8.0)[:, None]
    expected = batched.outputs([column], 8)
    np.testing.assert_array_equal(batched.outputs([column[:, 0]], 8), expected)
    np.testing.assert_array_equal(batched.outputs([column[..., None]], 8), expected)


def test_its_memory_is_that_of_the_weights():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    assert BatchedModel(model).num_bytes == 4 * model.count_params()

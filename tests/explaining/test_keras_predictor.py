"""A Keras model as a predictor: in batches, and left as it was."""

import itertools

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw, moved_variables
from keras_mtl import errors, explain
from keras_mtl.explaining.keras_predictor import KerasPredictor

ROWS = 70
X = draw(ROWS, 6)
Y = np.arange(ROWS) % 3


@pytest.mark.slow
def test_nothing_of_the_model_changes():
    """Weights, statistics, what a stateful RNN remembers, seeds, `compile` and global states."""
    model = keras.Sequential(
        [
            keras.Input((3, 2), batch_size=8),
            layers.LSTM(4, stateful=True, dropout=0.5, recurrent_dropout=0.5),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(3, "softmax"),
        ]
    )
    model.predict(X.reshape(-1, 3, 2)[:8], verbose=0)
    memory = [keras.ops.convert_to_numpy(v).copy() for v in model.layers[0].states]
    before = np.random.get_state()[1].copy()
    with moved_variables(model) as moved:
        found = explain(model, X.reshape(-1, 3, 2), Y, verbose=0)
    assert moved == [] and not model.compiled and found.rows == ROWS
    after = [keras.ops.convert_to_numpy(v) for v in model.layers[0].states]
    assert all(map(np.array_equal, memory, after))
    assert np.array_equal(np.random.get_state()[1], before)


class Own(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3)

    def call(self, x):
        return self.dense(x)


def test_a_subclassed_model():
    model = Own()
    found = explain(model, X, Y, verbose=0)
    predicted = model.predict(X, verbose=0).argmax(1)
    assert found.accuracy == pytest.approx(np.mean(predicted == Y))
    with pytest.raises(ValueError, match="has no tasks"):
        explain(model, X, Y, task="animal")


@pytest.mark.parametrize("size", [7, 32, 100])
def test_outputs_do_not_depend_on_batches(size):
    model = keras.Sequential([keras.Input((6,)), layers.Dense(3)])
    parts = list(KerasPredictor(model, None, size, 0).answers(X, Y))
    assert np.concatenate([one.inputs[0] for one in parts]).tolist() == X.tolist()
    outputs = np.concatenate([one.outputs for one in parts])
    assert outputs == pytest.approx(model.predict(X, verbose=0), abs=1e-6)


def test_batches_of_a_stream_may_have_any_size():
    model = keras.Sequential([keras.Input((6,), batch_size=8), layers.Dense(3)])
    edges = [0, 3, 50, ROWS]
    batches = ((X[a:b], Y[a:b]) for a, b in itertools.pairwise(edges))
    parts = list(KerasPredictor(model, None, None, 0).answers(batches, None))
    assert [len(one.outputs) for one in parts] == [3, 47, 20]
    whole = np.concatenate([one.outputs for one in parts])
    assert whole[:8] == pytest.approx(model.predict(X[:8], verbose=0), abs=1e-6)
    with pytest.raises(errors.InvalidFeatures, match="single value"):
        list(KerasPredictor(model, None, None, 0).answers(iter([(1.0, 2)]), None))

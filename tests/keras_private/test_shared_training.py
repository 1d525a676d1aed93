"""What is assumed of a compiled model; a failure says what has changed, and where to mend it."""

import keras
import numpy as np
import pytest

from _watching import as_numpy
from keras_mtl.keras_private.shared_training import SharedTraining


class Rest(SharedTraining):
    """The last layer of a model, on what comes before it."""

    def call(self, inputs, training=None):
        return self.whole.layers[-1](inputs)


@pytest.fixture
def whole():
    layers = [keras.layers.Dense(3), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((4,)), *layers])
    model.layers[0].trainable = False
    model.compile("sgd", "mse", metrics=["mae"], run_eagerly=True)
    return model


def changed(what):
    return f"Keras no longer {what}: see keras_private/shared_training.py"


def test_training_the_part_trains_the_whole(whole):
    part = Rest(whole)
    x, y = np.ones((8, 4), "float32"), np.ones((8, 2), "float32")
    before = as_numpy(whole.layers[-1].kernel).copy()
    history = part.fit(as_numpy(whole.layers[0](x)), y, verbose=0).history
    assert np.any(as_numpy(whole.layers[-1].kernel) != before)
    assert int(as_numpy(whole.optimizer.iterations)) == 1, changed("trains by `self.optimizer`")
    assert list(history) == ["loss", "mae"], changed("keeps what `compile` sets on the model")
    assert whole.history is part.history, changed("sets `history` on the model that it fits")
    part.stop_training = True
    assert whole.stop_training is True


def test_the_variables_are_those_of_the_whole(whole):
    part = Rest(whole)
    for name in ("variables", "trainable_variables", "metrics"):
        found = list(map(id, getattr(part, name)))
        assert found == list(map(id, getattr(whole, name))), changed(f"tracks `{name}` so")


def test_a_new_compilation_is_noticed(whole):
    part = Rest(whole)
    assert part.is_current()
    whole.compile("sgd", "mse")
    assert not part.is_current(), changed("sets a new loss and optimizer in `compile`")

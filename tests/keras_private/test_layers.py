"""What is assumed of Keras's layers; a failure says what has changed, and where to mend it."""

import random

import keras
import numpy as np
import pytest
from keras import layers, ops

from _watching import as_numpy, same_bits
from keras_mtl.keras_private import layers as private


def changed(what):
    return f"Keras no longer {what}: see keras_private/layers.py"


def test_sublayers():
    inner = layers.Dense(2, name="inner")
    wrapper = layers.TimeDistributed(inner, name="wrapper")
    assert private.sublayers(wrapper) == [wrapper, inner], changed("lists the layers in a layer")


def test_seed_states():
    dropout = layers.Dropout(0.5, seed=1)
    (state,) = private.seed_states(dropout)
    before = as_numpy(state).copy()
    dropout(ops.ones((2, 3)), training=True)
    if keras.backend.backend() != "torch":  # There Dropout draws from torch's own generator.
        assert np.any(as_numpy(state) != before), changed("keeps the seed of a layer in the layer")


def test_added_losses():
    layer = layers.Dense(2, activity_regularizer="l2")
    layer(ops.ones((2, 3)))
    assert len(private.added_losses(layer)) == 1, changed("keeps the losses of a call in the layer")
    private.clear_losses(layer)
    assert private.added_losses(layer) == [], changed("forgets losses by `_clear_losses`")


def test_given_output_shape():
    layer = layers.Lambda(lambda x: x, output_shape=(3,))
    assert private.given_output_shape(layer) == (3,), changed("keeps the output shape of a Lambda")
    assert private.given_output_shape(layers.Lambda(lambda x: x)) is None


def test_own_state():
    norm = layers.BatchNormalization()
    norm.build((None, 3))
    assert private.own_state(norm) == [norm.moving_mean, norm.moving_variance], changed(
        "keeps statistics apart from weights"
    )


def test_idle_seeds_kept():
    layer = layers.LSTM(2, dropout=0.5, seed=1)
    x = ops.ones((2, 3, 4))
    layer(x)
    states = [seed for part in private.sublayers(layer) for seed in private.seed_states(part)]
    before = [as_numpy(state).copy() for state in states]
    assert states, changed("keeps the seeds of recurrent dropout in the cell")
    with private.idle_seeds_kept(layer):
        layer(x, training=False)
    assert same_bits(states, before)


class Asking(keras.Layer):
    """Calls a sublayer without passing `training` on."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dropout = layers.Dropout(0.5)

    def call(self, x):
        return self.dropout(x)


def test_inference_context():
    class Outer(keras.Layer):
        def __init__(self):
            super().__init__()
            self.asking = Asking()

        def call(self, x, training=None):
            with private.inference_context():
                inside = self.asking(x)
            return inside, self.asking(x)

    x = ops.ones((20, 20))
    inside, after = Outer()(x, training=True)
    what = "hands `training` on to layers by the context of the outermost call"
    assert same_bits(inside, x), changed(what)
    assert not same_bits(after, x), changed(what)
    with private.inference_context():  # Outside of any call there is nothing to change.
        assert same_bits(Asking()(x), x)


@pytest.mark.parametrize("sequential", [True, False])
def test_own_attributes(sequential):
    inputs = keras.Input((3,))
    parts = [layers.Dense(3), layers.Dense(2)]
    outputs = parts[1](parts[0](inputs))
    model = keras.Sequential([inputs, *parts]) if sequential else keras.Model(inputs, outputs)
    x, y = np.ones((4, 3)), np.ones((4, 2))
    model.compile("sgd", "mse", metrics=["mae"])
    model.fit(x, y, validation_split=0.5, verbose=0)
    model.evaluate(x, y, verbose=0)
    model.predict(x, verbose=0)
    assert private.own_attributes(model) == {}, changed("stores on a model what it did")
    model.part, model.number = parts[0], 3
    assert private.own_attributes(model) == {"part": parts[0], "number": 3}


@pytest.mark.parametrize("drawn_before", [False, True])
def test_the_global_seed_generator_is_put_back(drawn_before):
    def draw():
        return keras.ops.convert_to_numpy(keras.random.normal((2,))).tolist()

    drawn = []
    for inside in (False, True):
        keras.utils.set_random_seed(3)
        if drawn_before:
            draw()
        if inside:
            python = random.getstate()
            with private.global_seed_kept():
                draw()
            random.setstate(python)
        drawn.append(draw())
    assert drawn[0] == drawn[1], changed("keeps its global generator in the global state")


def test_operations_draw_from_the_generator_that_is_set_and_the_one_before_comes_back():
    def draw():
        return keras.ops.convert_to_numpy(keras.random.normal((2,))).tolist()

    keras.utils.set_random_seed(3)
    expected = [draw(), draw()]
    keras.utils.set_random_seed(3)
    first = draw()
    inside = []
    for _ in range(2):
        with private.global_generator(keras.random.SeedGenerator(7)):
            inside.append(draw())
    assert inside[0] == inside[1] and [first, draw()] == expected, changed(
        "keeps its global generator in the global state"
    )

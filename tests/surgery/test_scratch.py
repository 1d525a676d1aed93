import random

import keras
import numpy as np
import pytest
from keras import layers

from _models import VARIED, ZOO, random_batch, randomised, zoo
from _watching import as_numpy, same_bits, unchanged
from keras_mtl import TransferModel, Trunk, from_scratch, transfer
from keras_mtl.errors import CloneError
from keras_mtl.graph.layer_graph import Graph


def build(name):
    return randomised(ZOO[name].values[0]())


def paths(model):
    return [call.path for call in Graph.of(model).opened.calls]


@zoo(fast=VARIED)
def test_weights_are_those_of_a_model_never_trained(build):
    """Where two fresh models agree so does the control; where they differ it is as random."""
    source = randomised(build())
    with unchanged(source):
        control = from_scratch(source)
    assert paths(control) == paths(source)
    fresh = build().get_weights(), build().get_weights()
    for trained, new, *others in zip(
        source.get_weights(), control.get_weights(), *fresh, strict=True
    ):
        if np.array_equal(*others):
            np.testing.assert_array_equal(new, others[0])
        else:
            assert new.shape == trained.shape
            # Two float32 numbers drawn from a narrow range may be equal by accident; few are.
            assert np.isin(new, [trained, *others]).mean() < 0.5


@zoo(fast=VARIED)
def test_everything_trains(build):
    source = build()
    expected = len(source.trainable_variables)
    source.trainable = False
    assert len(from_scratch(source).trainable_variables) == expected


@zoo("convolutional", "augmentation", "masked_lstm", "custom_layers")
def test_a_seed_decides_weights_and_random_layers(build):
    source = build()
    batch = random_batch(source)
    first, second = from_scratch(source, seed=3), from_scratch(source, seed=3)
    assert same_bits(first.get_weights(), second.get_weights())
    assert same_bits(in_training(first, batch), in_training(second, batch))


def in_training(model, batch):
    keras.utils.set_random_seed(0)  # On torch Dropout draws from the seed of the whole process.
    return model(batch, training=True)


def test_seeds_and_calls_without_one_differ():
    source = build("residual")
    controls = [from_scratch(source, seed) for seed in (None, None, 0, 1)]
    kernels = [control.get_layer("stem").get_weights()[0] for control in controls]
    assert len({kernel.tobytes() for kernel in kernels}) == len(kernels)


def test_seeds_fixed_in_the_model_are_drawn_anew():
    """Otherwise every control would start from the same weights."""
    initializer = keras.initializers.GlorotUniform(seed=7)
    dense = layers.Dense(4, kernel_initializer=initializer)
    source = keras.Sequential([keras.Input((4,)), dense, layers.Dropout(0.5, seed=7)])
    weights = [from_scratch(source, seed).get_weights()[0] for seed in (0, 0, 1)]
    assert same_bits(weights[0], weights[1])
    assert not np.isin(weights[0], [weights[2], source.get_weights()[0]]).any()


def test_the_random_state_of_python_is_left_alone():
    source = build("convolutional")
    state = random.getstate()
    from_scratch(source, seed=1)
    assert random.getstate() == state


def test_what_preprocessing_has_adapted_to_is_kept():
    source = build("normalization")
    control = from_scratch(source)
    batch = random_batch(source)
    expected = source.get_layer("adapted")(batch)
    assert same_bits(control.get_layer("adapted")(batch), expected)


@pytest.mark.backend("tensorflow", reason="other backends have no string tensors")
def test_vocabularies_are_kept():
    source = build("strings")
    control = from_scratch(source)
    for name in ("look_up", "tokenise"):
        vocabulary = source.get_layer(name).get_vocabulary()
        assert control.get_layer(name).get_vocabulary() == vocabulary
        assert len(vocabulary) > 2


# The control of a transfer


def test_a_static_trunk_trains_from_scratch():
    model = transfer(build("convolutional"), "pool", head=2)
    control = from_scratch(model)
    assert (type(control), type(control.trunk)) == (TransferModel, Trunk)
    assert len(control.trunk.trainable_variables) == 3  # kernel, gamma, beta
    batch = random_batch(model)
    assert not same_bits(control(batch, training=True), control(batch, training=False))


@pytest.mark.slow
def test_compiled_as_the_source_with_a_fresh_optimizer():
    source = build("residual")
    source.compile(keras.optimizers.SGD(0.03, momentum=0.5), "mse", metrics=["mae"])
    batch = random_batch(source)
    source.fit(batch, np.ones((2, 3)), epochs=3, verbose=0)
    with unchanged(source):
        control = from_scratch(source)
    assert control.optimizer.get_config() == source.optimizer.get_config()
    assert int(as_numpy(control.optimizer.iterations)) == 0
    assert control.evaluate(batch, np.ones((2, 3)), verbose=0, return_dict=True).keys() == {
        "loss",
        "mae",
    }
    assert int(as_numpy(source.optimizer.iterations)) == 3


def test_not_compiled_if_the_source_is_not():
    assert not from_scratch(build("residual")).compiled


class Forgetful(keras.Layer):
    def __init__(self, gain, **kwargs):
        super().__init__(**kwargs)
        self.gain = gain

    def call(self, x):
        return x * self.gain

    def get_config(self):
        return super().get_config()


def test_a_layer_that_cannot_be_built_anew_is_named():
    model = keras.Sequential([keras.Input((4,)), Forgetful(2.0, name="forgetful")])
    with unchanged(model), pytest.raises(CloneError, match=r"`forgetful` \(Forgetful\)"):
        from_scratch(model)

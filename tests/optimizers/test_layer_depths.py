"""The depth of a layer: layers with a kernel after it, on the longest path to an output."""

import keras
import pytest
from keras import layers

import keras_mtl
from keras_mtl.errors import UnsupportedModel
from keras_mtl.optimizers.layer_depths import depths_of_weights
from keras_mtl.optimizers.layer_paths import paths_of_weights


def depths(model):
    found = depths_of_weights(model)
    return {path[-1]: found[id(weight)] for weight, path in paths_of_weights(model)}


def test_normalization_stands_as_deep_as_the_layer_before_it():
    model = keras.Sequential([
        keras.Input((8, 3)),
        layers.Conv1D(2, 3, name="conv1"),
        layers.BatchNormalization(name="bn1"),
        layers.ReLU(),
        layers.Conv1D(2, 3, name="conv2"),
        layers.GlobalAveragePooling1D(),
        layers.Dense(2, name="top"),
    ])  # fmt: skip
    assert depths(model) == {"conv1": 2, "bn1": 2, "conv2": 1, "top": 0}


def test_the_longest_path_counts():
    inputs = keras.Input((4,))
    low = layers.Dense(4, name="low")(inputs)
    high = layers.Dense(4, name="high")(low)
    added = layers.Add()([low, high])
    model = keras.Model(inputs, layers.Dense(2, name="top")(added))
    assert depths(model) == {"low": 2, "high": 1, "top": 0}


def test_a_layer_called_twice_has_its_smallest_depth():
    inputs = keras.Input((4,))
    shared = layers.Dense(4, name="shared")
    model = keras.Model(inputs, shared(layers.Dense(4, name="between")(shared(inputs))))
    assert depths(model) == {"shared": 0, "between": 1}


def test_nested_models_and_heads_are_opened():
    inner = keras.Sequential(
        [keras.Input((3,)), layers.Dense(4, name="one"), layers.Dense(4, name="two")], name="inner"
    )
    trained = keras.Sequential([keras.Input((3,)), inner, layers.Dense(2)])
    head = keras_mtl.Head(2, hidden=[5])
    model = keras_mtl.transfer(trained, cut=1, head=head, verify=False)
    assert depths(model) == {"one": 3, "two": 2, "hidden_0": 1, "output": 0}


def test_each_head_of_several_tasks_stands_at_an_output():
    trunk = keras.Sequential([keras.Input((3,)), layers.Dense(4, name="low")])
    model = keras_mtl.MultiTaskModel(trunk, {"sex": 2, "hair": keras_mtl.Head(5, hidden=[3])})
    found = depths_of_weights(model)
    assert found[id(model.heads["sex"].weights[0])] == 0
    assert found[id(trunk.weights[0])] == 2


def test_a_subclassed_model_has_no_depths():
    class Subclassed(keras.Model):
        def call(self, inputs):
            return inputs

    with pytest.raises(UnsupportedModel):
        depths_of_weights(Subclassed())

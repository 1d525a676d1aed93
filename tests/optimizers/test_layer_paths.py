"""Which layer a weight belongs to."""

import keras
from keras import layers

import keras_mtl
from keras_mtl.optimizers.layer_paths import paths_of_weights


def paths(model):
    return list(dict.fromkeys("/".join(path) for _, path in paths_of_weights(model)))


def nested():
    inner = keras.Sequential([keras.Input((3,)), layers.Dense(2, name="low")], name="inner")
    return keras.Sequential([keras.Input((3,)), inner, layers.Dense(2, name="top")], name="outer")


def test_nested_models_stand_before_their_layers():
    assert paths(nested()) == ["inner/low", "top"]


def test_layers_inside_layers():
    inputs = keras.Input((4, 3))
    attended = layers.MultiHeadAttention(1, 2, name="attention")(inputs, inputs)
    found = paths(keras.Model(inputs, attended))
    assert found == [f"attention/{name}" for name in ("query", "key", "value", "attention_output")]


def test_parts_of_our_models_whatever_their_names():
    model = keras_mtl.transfer(nested(), cut=1, head=[layers.Dense(2, name="new")], verify=False)
    assert paths(model)[0].startswith("trunk/") and paths(model)[-1].startswith("head")
    tasks = keras_mtl.MultiTaskModel(nested(), {"sex": 2})
    assert paths(tasks)[:2] == ["trunk/outer/inner/low", "trunk/outer/top"]
    assert paths(tasks)[2].startswith("head/sex")


def test_every_weight_has_a_path():
    model = keras_mtl.transfer(nested(), cut=1, head=2, verify=False)
    assert {id(v) for v, _ in paths_of_weights(model)} == set(map(id, model.weights))

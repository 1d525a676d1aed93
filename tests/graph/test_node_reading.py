"""What is read from Keras's nodes, and how often."""

from collections import Counter

import keras
import numpy as np
import pytest
from keras import layers

import _models as models
from keras_mtl import FeatureExtractor, Head, MultiTaskModel, fit_cached, probe_cuts, transfer
from keras_mtl.graph import layer_graph
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.graph.node_reading import read_calls
from keras_mtl.probing.candidates import find_candidates


@pytest.fixture
def readings(monkeypatch):
    """How often the nodes of each model were read."""
    counted = Counter()

    def counting(functional):
        counted[functional.name] += 1
        return read_calls(functional)

    monkeypatch.setattr(layer_graph, "read_calls", counting)
    return counted


def data():
    return np.zeros((12, 8), "float32"), np.arange(12) % 3


def deep(blocks=40):
    stack = [layers.Dense(4, name=f"dense_{index}") for index in range(blocks)]
    return keras.Sequential([keras.Input((8,)), *stack, layers.Dense(3, name="logits")])


@pytest.mark.parametrize("freeze", [True, False, "middle"])
def test_transfer_reads_each_model_once(readings, freeze):
    transfer(models.nested_twice(), "middle/dropout", freeze, head=Head(3))
    assert readings.total() == len(readings) == 3  # The model, and two inside it.


def test_fit_cached_reads_each_model_once(readings):
    model = transfer(models.nested_twice(), "middle/dropout", head=3)
    model.run_eagerly = True
    readings.clear()
    fit_cached(model, *data(), epochs=2, verbose=0)
    assert readings.total() == len(readings) == 4  # The trunk and what is in it.


@pytest.mark.parametrize("cuts", [None, ["stem", "middle", "middle/dropout", 0]])
def test_probe_cuts_reads_each_model_once(readings, cuts):
    probe_cuts(models.nested_twice(), *data(), cuts=cuts, nested=True, folds=2, verbose=0)
    assert readings.total() == len(readings) == 3


def test_the_candidates_among_forty_cuts_are_read_once(readings):
    model = deep()
    names = [layer.name for layer in model.layers[:-1]]
    graph = Graph.of(model)
    assert len(find_candidates(graph, [*names, 0])) == 41
    assert readings.total() == 1


@pytest.mark.parametrize("cut", [1, "middle/innermost/norm"])
def test_other_uses_of_a_model_read_it_once(readings, cut):
    model = models.nested_twice()
    model.compile("sgd", "mse")
    MultiTaskModel.from_model(model, cut, "first", {"second": 3})
    assert readings["nested_twice"] == 1
    readings.clear()
    FeatureExtractor(model, cut).transform(data()[0])
    assert readings["nested_twice"] == 1


def embedded(length=5):
    tokens = keras.Input((length,), dtype="int32", name="tokens")
    return tokens, layers.Embedding(4, 6, mask_zero=True, name="embedding")(tokens)


def inputs_of_calls(model):
    """The names of the calls that feed each call."""
    calls = Graph.of(model).calls
    made = {number: call.path for call in calls for number in call.outputs}
    return {call.path: [made[number] for number in call.inputs] for call in calls}


def test_the_mask_of_a_tensor_is_no_second_tensor():
    tokens, x = embedded()
    x = layers.LSTM(3, return_sequences=True, name="steps")(x)
    model = keras.Model(tokens, layers.GlobalAveragePooling1D(name="mean")(x))
    assert inputs_of_calls(model) == {
        "tokens": [],
        "embedding": ["tokens"],
        "steps": ["embedding"],
        "mean": ["steps"],
    }


def test_a_mask_from_elsewhere_is_a_second_tensor():
    tokens, x = embedded()
    mask = keras.ops.equal(tokens, 1)
    model = keras.Model(tokens, layers.LSTM(3, name="steps")(x, mask=mask))
    assert inputs_of_calls(model)["steps"] == ["embedding", "equal"]


def test_a_mask_that_is_used_as_a_tensor_is_one():
    tokens, x = embedded()
    mask = layers.Embedding(4, 6, mask_zero=True, name="other").compute_mask(tokens)
    steps = layers.LSTM(3, name="steps")(x)
    model = keras.Model(tokens, [steps, keras.ops.cast(mask, "float32")])
    feeding = inputs_of_calls(model)
    assert feeding["steps"] == ["embedding"]
    assert [name.rstrip("_0123456789") for name in feeding["cast"]] == ["not_equal"]


def test_second_calls_have_numbers():
    """A call in another model does not count."""
    shared = layers.Dense(4, name="shared")
    shared(keras.Input((4,)))
    inputs = keras.Input((4,), name="inputs")
    model = keras.Model(inputs, shared(shared(inputs)))
    assert inputs_of_calls(model) == {"inputs": [], "shared": ["inputs"], "shared:1": ["shared"]}

"""The answer to the old task is no depth, the logits before it are."""

import keras
import pytest
from keras import layers

import _models as models
from keras_mtl.graph.cuts import cut_points
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.head import Head
from keras_mtl.probing.candidates import find_candidates
from keras_mtl.probing.output_activation import gives_probabilities
from keras_mtl.transferring import transfer
from keras_mtl.tuning.hypermodel import CutHyperModel

ENDS = {
    "softmax of a Dense": [layers.Dense(3, "softmax", name="end")],
    "sigmoid of a Dense": [layers.Dense(1, activation="sigmoid", name="end")],
    "Softmax": [layers.Dense(3, name="logits"), layers.Softmax(name="end")],
    "Activation": [layers.Dense(3, name="logits"), layers.Activation("sigmoid", name="end")],
    "pixels": [layers.Reshape((3, 2, 1)), layers.Conv2D(2, 1, activation="softmax", name="end")],
    "nested": [keras.Sequential([layers.Dense(3, "softmax", name="end")], name="top")],
    "Head": [Head(3, hidden=[2], name="end")],
    "yes or no": [Head(1, "binary", name="end")],
}
OTHERS = {
    "logits": [layers.Dense(3, name="end")],
    "tanh": [layers.Dense(3, "tanh", name="end")],
    "softplus": [layers.Dense(3, "softplus", name="end")],
    "log of softmax": [layers.Dense(3, "log_softmax", name="end")],
    "Head of logits": [Head(3, from_logits=True, name="end")],
    "numbers": [Head(3, "regression", hidden=[2], activation="sigmoid", name="end")],
}


def model(end):
    inputs = x = keras.Input((4,))
    for layer in [layers.Dense(6, "sigmoid", name="hidden"), *end]:
        # A copy, so that no layer is called in two models.
        x = layer.from_config(layer.get_config())(x)
    return keras.Model(inputs, x)


def found(model, cuts=None, **options):
    return [one.point.layer for one in find_candidates(Graph.of(model), cuts, **options)]


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_probabilities_at_the_end_are_no_depth_unless_asked_for(end):
    trained = model(end)
    every = [point.layer for point in cut_points(trained)]

    assert found(trained) == every[:-1]
    assert found(trained, cut_points(trained)) == every
    assert found(trained, [0]) == every[-1:]


@pytest.mark.parametrize("end", OTHERS.values(), ids=OTHERS)
def test_every_other_output_is_a_depth(end):
    trained = model(end)
    assert found(trained) == [point.layer for point in cut_points(trained)]


def test_probabilities_inside_a_nested_model():
    trained = model(ENDS["nested"])
    assert found(trained, nested=True) == ["hidden"]


@pytest.mark.parametrize("operation", [keras.ops.softmax, keras.ops.sigmoid])
def test_operations_count_as_layers_do(operation):
    inputs = keras.Input((4,))
    logits = layers.Dense(3, name="logits")(inputs)
    assert found(keras.Model(inputs, operation(logits))) == ["logits"]


def test_an_only_depth_stays():
    inputs = keras.Input((4,))
    assert found(keras.Model(inputs, layers.Dense(3, "softmax", name="end")(inputs))) == ["end"]


def test_probabilities_before_the_end_are_features():
    """Also where the same layer would be an output elsewhere."""
    trained = model([layers.Dense(5, "softmax", name="soft"), layers.Dense(2, name="end")])
    graph = Graph.of(trained)
    assert not gives_probabilities(graph, graph.tensor("soft"))
    assert "soft" in found(trained)


def test_outputs_of_several_tasks_are_no_cuts_anyway():
    assert found(models.dicts())


def test_a_model_that_was_transferred_before_has_no_probabilities_among_its_depths():
    once = transfer(model(ENDS["Softmax"]), "hidden", head=Head(2, name="second"), verify=False)
    assert found(once) == ["trunk"]


def test_a_search_leaves_them_out():
    trained = model(ENDS["Softmax"])
    assert CutHyperModel(trained, 5).layers == ["hidden", "logits"]
    assert CutHyperModel(trained, 5, cuts=["hidden", "end"]).layers == ["hidden", "end"]

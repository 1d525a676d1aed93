import keras
import numpy as np
import pytest
from keras import layers

from _models import random_batch, randomised, zoo
from _watching import as_numpy, same_bits, unchanged
from keras_mtl.errors import CloneError, InvalidCut
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.surgery.split import split
from keras_mtl.surgery.trunk import Trunk


@zoo(
    *("residual", "nested_twice", "shared_in_chain", "nested_by_name", "masked_lstm", "operations"),
    fast=("residual", "nested_by_name"),
)
def test_both_halves_one_after_the_other_are_the_model(build):
    """At every cut, those inside nested models and beside masks too."""
    model = randomised(build())
    graph, batch = Graph.of(model), random_batch(model)
    with unchanged(model):
        halves = [split(graph, cut.call.path) for cut in graph.opened.legal_cuts[:-1]]
    expected = model(batch, training=False)
    for trunk, rest in halves:
        assert isinstance(trunk, Trunk)
        found = rest(trunk(batch, training=False), training=False)
        np.testing.assert_allclose(as_numpy(found), as_numpy(expected), rtol=1e-5, atol=1e-6)


def test_a_cut_at_one_of_the_outputs_of_a_nested_model():
    """The features go on to the outside, and to the layers inside that come after them."""
    inputs = keras.Input((4,))
    fine = layers.Dense(3, name="fine")(inputs)
    inner = keras.Model(inputs, [fine, layers.Dense(3, name="coarse")(fine)], name="inner")
    outer = keras.Input((4,))
    x = layers.Subtract(name="minus")(inner(outer))
    model = keras.Model(outer, layers.Dense(2, name="last")(x))
    batch = random_batch(model)
    trunk, rest = split(Graph.of(model), "inner/fine")
    assert same_bits(rest(trunk(batch)), model(batch))


def test_nothing_is_shared():
    model = randomised(keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)]))
    trunk, rest = split(Graph.of(model), model.layers[0].name)
    variables = [id(v) for part in (model, trunk, rest) for v in part.variables]
    assert len(set(variables)) == len(variables)


@pytest.mark.parametrize("path", ["last", "inner/dense"])
def test_a_cut_at_the_end_leaves_nothing(path):
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="dense")], name="inner")
    stack = [inner] if "/" in path else [layers.Dense(3, name=path)]
    model = keras.Sequential([keras.Input((4,)), *stack], name="model")
    with pytest.raises(InvalidCut, match="No layer of `model` comes after"):
        split(Graph.of(model), path)


class Secretive(keras.Layer):
    secret = 1.0

    def call(self, x):
        return x * self.secret


def test_a_head_that_computes_something_else_is_found():
    odd = Secretive(name="odd")
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="first"), odd])
    odd.secret = 2.0
    with pytest.raises(CloneError, match="copy of `odd`"):
        split(Graph.of(model), "first")
    split(Graph.of(model), "first", verify=False)

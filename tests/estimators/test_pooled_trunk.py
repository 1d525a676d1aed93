import keras
import numpy as np
import pytest
from keras import layers

from keras_mtl.errors import InvalidCut
from keras_mtl.estimators.pooled_trunk import PooledTrunk, check_cut
from keras_mtl.graph.layer_graph import Graph


@pytest.fixture
def model():
    stack = [layers.Conv2D(4, 3, name="conv"), layers.Flatten(name="flat"), layers.Dense(2)]
    return keras.Sequential([keras.Input((6, 6, 1)), *stack])


def images(samples=7):
    return [np.random.default_rng(0).normal(size=(samples, 6, 6, 1)).astype("float32")]


def test_vectors_and_their_width(model):
    for cut, width in (("conv", 4), ("flat", 64), (["flat", "conv"], 68)):
        trunk = PooledTrunk(model, cut, "auto")
        assert trunk.width() == width
        assert trunk.features(images(), batch_size=4).shape == (7, width)


def test_it_knows_when_the_weights_change(model):
    trunk = PooledTrunk(model, "conv", "auto")
    model.layers[-1].bias.assign([1.0, 2.0])
    assert trunk.is_current()  # The cut removes that layer.
    model.get_layer("conv").bias.assign([1.0, 0.0, 0.0, 0.0])
    assert not trunk.is_current()


def test_the_cut_is_checked_against_the_pooling(model):
    graph = Graph.of(model)
    assert check_cut(graph, 2, "auto") == ("conv",)
    assert check_cut(graph, 0, "none") == ()
    with pytest.raises(InvalidCut, match="does not give a vector of numbers for each sample"):
        check_cut(graph, "conv", "none")
    with pytest.raises(ValueError, match="`pooling` is one of"):
        check_cut(graph, "conv", "mean")


def test_a_last_dimension_of_1_may_come_and_go():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(3), keras.layers.Dense(2)])
    trunk = PooledTrunk(model, 1, "auto")
    column = np.arange(8.0, dtype="float32")[:, None]
    expected = trunk.features([column], 8)
    np.testing.assert_array_equal(trunk.features([column[:, 0]], 8), expected)
    np.testing.assert_array_equal(trunk.features([column[..., None]], 8), expected)
    np.testing.assert_array_equal(trunk.features([column], 8), expected)

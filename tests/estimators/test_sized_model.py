import keras
import pytest
from keras import layers

from _watching import assert_close, unchanged
from keras_mtl.estimators.sized_model import needs_sizes, sized_model
from keras_mtl.graph.layer_graph import Graph


@pytest.fixture
def model():
    """A scale that is known, of as many numbers as there are; then a known number of features."""
    inner = keras.Sequential([keras.Input((None,)), layers.Rescaling(2.0)], name="inner")
    steps = [layers.Reshape((-1, 1)), layers.Conv1D(3, 1, name="conv")]
    return keras.Sequential([keras.Input((None,)), inner, *steps])


def test_a_copy_for_one_width_computes_the_same(model):
    with unchanged(model):
        copy = sized_model(model, [(5,)])
    assert copy.input_shape == (None, 5)
    assert copy.get_layer("conv").output.shape == (None, 5, 3)
    x = keras.random.normal((2, 5))
    assert_close(copy(x), model(x))


def test_sizes_are_needed_where_a_head_would_not_know_its_width(model):
    graph = Graph.of(model)
    assert needs_sizes(graph, ("inner",), "auto")
    assert not needs_sizes(graph, ("conv",), "auto")
    assert needs_sizes(graph, ("conv",), "flatten")
    assert not needs_sizes(graph, None, "auto")  # Some cut does.
    assert not needs_sizes(Graph.of(sized_model(model, [(5,)])), ("inner",), "auto")

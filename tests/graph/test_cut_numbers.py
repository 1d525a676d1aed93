import numpy as np
import pytest
from keras import layers

from _models import ZOO
from keras_mtl import cut_points, transfer
from keras_mtl.graph.cut_numbers import counted_layers, removed_layers
from keras_mtl.graph.layer_graph import Graph


def build(name):
    return ZOO[name].values[0]()


def kept(model, cut):
    """The layers of the trunk, its inputs left out."""
    trunk = transfer(model, cut, verify=False)
    return [layer.name for layer in trunk.layers if not isinstance(layer, layers.InputLayer)]


@pytest.mark.parametrize(
    ("cut", "last"),
    [(0, "dense"), (1, "flatten"), (5, "norm"), (6, "conv"), (np.int64(1), "flatten")],
)
def test_a_number_removes_the_last_layers(cut, last):
    model = build("convolutional")
    everything = [layer.name for layer in model.layers]
    assert kept(model, cut) == everything[: everything.index(last) + 1]


def test_zero_keeps_all_outputs():
    trunk = transfer(build("dicts"), 0, verify=False)
    assert {name: tensor.shape for name, tensor in trunk.output.items()} == {
        "sex": (None, 2),
        "age": (None, 1),
    }


def test_a_nested_model_is_one_layer():
    assert kept(build("nested_twice"), 1) == ["stem", "middle"]


def test_the_operations_after_the_kept_layer_go_too():
    trunk = transfer(build("operations"), 1, verify=False)
    assert [operation.name for operation in trunk.operations] == ["inputs", "dense"]


def test_each_number_belongs_to_one_cut():
    graph = Graph.of(build("convolutional"))
    numbers = removed_layers(graph, counted_layers(graph.functional))
    assert numbers == {point.layer: point.cut for point in cut_points(graph.model)}
    assert list(numbers) == [cut.call.path for cut in graph.legal_cuts]

"""What is assumed of Keras's graphs; a failure says what has changed, and where to mend it."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from _watching import as_numpy
from keras_mtl.keras_private import graphs


def changed(what):
    return f"Keras no longer {what}: see keras_private/graphs.py"


def two_layers():
    inputs = keras.Input((4,), name="inputs")
    x = layers.Dense(3, name="first")(inputs)
    return keras.Model(inputs, layers.Dense(2, name="second")(x))


def test_ordered_nodes():
    nodes = graphs.ordered_nodes(two_layers())
    names = [node.operation.name for node in nodes]
    assert names == ["inputs", "first", "second"], changed("keeps its nodes by depth")


def test_a_node_has_its_arguments():
    *_, node = graphs.ordered_nodes(two_layers())
    (tensor,) = node.input_tensors
    filled = node.arguments.fill_in({id(tensor): 5})
    assert filled == ((5,), filled[1]), changed("fills in the arguments of a call by tensor ids")
    assert node.arguments.args == (tensor,), changed("keeps the arguments of a call")


def test_inbound_nodes():
    model = two_layers()
    layer = model.get_layer("second")
    layer(keras.Input((3,)))
    nodes = graphs.inbound_nodes(layer)
    assert [node.outputs[0].shape for node in nodes] == [(None, 2)] * 2, changed("keeps all calls")
    assert nodes[0].outputs[0] is model.outputs[0], changed("keeps the calls in their order")


def test_producer():
    model = two_layers()
    assert graphs.producer(model.inputs[0]) is model.layers[0], changed("tells what made a tensor")
    node = graphs.producing_node(model.outputs[0])
    assert node.outputs[0] is model.outputs[0], changed("tells which call made a tensor")


def test_operation_classes():
    tensor = ops.not_equal(keras.Input((4,)), 2.0)
    classes = graphs.operation_classes(["NotEqual", "Multiply", "Dense", "Unheard"])
    assert sorted(classes) == ["Multiply", "NotEqual"], changed("has them in `src.ops`")
    assert type(graphs.producer(tensor)) is classes["NotEqual"]
    assert classes["Multiply"] is not layers.Multiply


def test_the_config_of_an_operation_has_no_dtype():
    operation = graphs.producer(keras.Input((4,)) * 2.0)
    assert "dtype" not in operation.get_config(), changed("leaves dtypes out for operations")
    assert "dtype" in layers.Multiply().get_config(), changed("writes the dtypes of layers")


def test_sequential_graph():
    model = keras.Sequential([layers.Dense(2)])
    assert graphs.sequential_graph(model) is None, changed("leaves an unbuilt Sequential alone")
    model.build((None, 3))
    functional = graphs.sequential_graph(model)
    assert functional.layers[1] is model.layers[0], changed("runs a Sequential as a Functional")


def test_is_made_like_functional():
    class Same(keras.Model):
        pass

    class Passing(keras.Sequential):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)

    class Other(keras.Model):
        def __init__(self, units):
            super().__init__()

    class OtherSequence(keras.Sequential):
        def __init__(self, units):
            super().__init__()

    for cls in (Same, Passing, keras.Sequential, graphs.Functional):
        assert graphs.is_made_like_functional(cls), changed("takes inputs and outputs, or layers")
    for cls in (Other, OtherSequence):
        assert not graphs.is_made_like_functional(cls)


def test_standardize_inputs():
    wide, deep = keras.Input((4,), name="wide"), keras.Input((2,), name="deep")
    model = keras.Model([wide, deep], layers.Concatenate()([wide, deep]))
    given = {"deep": np.ones((3, 2), "uint8"), "wide": np.zeros((3, 4, 1), "float32")}
    tensors = graphs.standardize_inputs(model, given, ["first", None])
    assert [as_numpy(t).shape for t in tensors] == [(3, 4), (3, 2)], changed("matches by name")
    assert as_numpy(tensors[1]).dtype == "float32", changed("casts inputs to their input layers")
    assert graphs.get_keras_mask(tensors[0]) == "first", changed("keeps a mask on its tensor")


@pytest.mark.parametrize("in_a_list", [False, True])
def test_masks_in_arguments(in_a_list):
    tokens = keras.Input((5,), dtype="int32")
    x = layers.Embedding(4, 6, mask_zero=True)(tokens)
    features = keras.Input((5, 6))
    inner = keras.Model(features, layers.LSTM(3)(features))
    output = inner([x] if in_a_list else x)
    mask = graphs.producing_node(output).arguments.kwargs["mask"]
    found = keras.tree.flatten(mask)
    what = "writes the mask that a tensor carries into the arguments of the call"
    assert found == [graphs.get_keras_mask(x)], changed(what)


def test_operation_fn():
    dropout = layers.Dropout(0.5)
    x = ops.ones((2, 3))
    outputs = graphs.operation_fn(dropout, training=False)(x, training=True)
    assert np.all(as_numpy(outputs) == 1), changed("lets operation_fn set `training`")


class Hooked(graphs.HookedFunctional):
    def call(self, inputs, training=None, mask=None):
        return self.run_graph(inputs, mask, lambda operation: self.chosen(operation))

    def chosen(self, operation):
        return ops.negative if operation.name == "second" else operation

    def layer_cloned(self, layer, copy):
        copy.note = layer.name


def test_hooks():
    plain = two_layers()
    model = Hooked(plain.inputs, plain.outputs)
    x = np.ones((2, 4), "float32")
    expected = -as_numpy(plain.get_layer("first")(x))
    np.testing.assert_array_equal(as_numpy(model([x])[0]), expected, changed("asks `operation_fn`"))
    copies = keras.models.clone_model(model).layers[1:]
    what = "puts the copies of `clone_model` in through `_run_through_graph`"
    assert [copy.note for copy in copies] == ["first", "second"], changed(what)

import keras
import numpy as np
from keras import layers

from _watching import as_numpy
from keras_mtl import Head, transfer
from keras_mtl.caching.static_operations import in_mode, static_operations
from keras_mtl.graph.layer_graph import Graph


def trained():
    stack = [layers.Dense(4, name="first"), layers.Dropout(0.5, name="drop"), layers.Dense(2)]
    return keras.Sequential([keras.Input((4,)), *stack])


def static_names(model):
    graph = Graph.of(model)
    static = static_operations(graph)
    return [c.path for c in graph.opened.calls if id(c.operation) in static and not c.is_input]


def test_what_is_frozen_in_a_trunk_is_static():
    assert static_names(transfer(trained(), 1, "first", Head(3))) == ["trunk/first"]
    assert static_names(transfer(trained(), 1, True, Head(3))) == ["trunk/first", "trunk/drop"]


def test_what_is_frozen_elsewhere_is_not():
    model = trained()
    model.layers[1].trainable = False
    assert static_names(model) == []


def test_the_parts_of_a_frozen_head_are_static():
    model = transfer(trained(), 1, head=Head(3, hidden=[2]))
    assert not any(id(part) in static_operations(Graph.of(model)) for part in model.head.parts)
    model.head.trainable = False
    assert all(id(part) in static_operations(Graph.of(model)) for part in model.head.parts)


def test_an_operation_that_is_static_in_one_place_only_is_not():
    shared = layers.Dense(4, name="shared")
    inputs = keras.Input((4,))
    base = keras.Model(inputs, shared(inputs), name="base")
    model = transfer(base, 0, head=[layers.Dense(2)])
    shared = model.trunk.layers[-1]
    again = keras.Model(model.inputs, [model.outputs[0], shared(model.inputs[0])])
    assert id(shared) not in static_operations(Graph.of(again))


def test_each_call_runs_in_its_mode():
    model = transfer(trained(), 1, head=[layers.Dropout(0.5)])
    graph = Graph.of(model)
    x = np.ones((50, 4), "float32")
    values = {graph.inputs[0]: keras.ops.convert_to_tensor(x)}
    trunk = as_numpy(model.trunk(x, training=False))
    static = static_operations(graph)
    inferred = as_numpy(graph.opened.run(values, in_mode(static, training=False)))
    drawn = as_numpy(graph.opened.run(values, in_mode(static, training=True)))
    np.testing.assert_allclose(inferred, trunk, rtol=1e-6)
    # The Dropout of the head alone is live: what it lets through is doubled.
    np.testing.assert_allclose(drawn[drawn != 0], 2 * trunk[drawn != 0], rtol=1e-5)
    assert np.any(drawn == 0)

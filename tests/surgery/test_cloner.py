import keras
import pytest
from keras import layers

from _models import random_batch
from _watching import same_bits
from keras_mtl import Trunk
from keras_mtl.errors import CloneError
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.cloner import Regrouper


def nested():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="dense")], name="inner")
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Dense(2, name="last")(inner(inputs)), name="nested")


def test_a_regrouper_takes_the_operations_themselves():
    model = nested()
    trunk = Regrouper(lambda _: Trunk).copy_model(Graph.of(model), "regrouped")
    assert (type(trunk), type(trunk.get_layer("inner"))) == (Trunk, Trunk)
    assert trunk.get_layer("last") is model.get_layer("last")
    assert trunk.get_layer("inner").get_layer("dense") is model.get_layer("inner").layers[0]
    batch = random_batch(model)
    assert same_bits(trunk(batch), model(batch))


class Unseen(keras.Layer):
    """It has no config, and no `build`: Keras does not know what to build when it loads it."""

    def __init__(self, dense, **kwargs):
        super().__init__(**kwargs)
        self.dense = dense

    def call(self, x):
        return self.dense(x)

    def compute_output_shape(self, shape):
        return (*shape[:-1], 3)


class Shaped(Unseen):
    def get_config(self):
        return {**keras.Layer.get_config(self), "dense": layers.Dense(3)}


class Maker(keras.Model):
    """It makes its layers, and its own config does not say how."""

    def __init__(self, kind):
        inputs = keras.Input((4,))
        super().__init__(inputs, kind(layers.Dense(3), name="part")(inputs), name="maker")


def test_layers_are_copied_one_by_one_where_the_whole_cannot_be_built():
    model = Maker(Shaped)
    copy = clone_graph(Graph.of(model), class_of=lambda _: Trunk).model
    batch = random_batch(model)
    assert same_bits(copy(batch), model(batch))


def test_where_neither_can_be_copied_both_are_named():
    message = r"`maker` \(Maker\) cannot be copied.*another way: `part` \(Unseen\) cannot be copied"
    with pytest.raises(CloneError, match=f"(?s){message}"):
        clone_graph(Graph.of(Maker(Unseen)), class_of=lambda _: Trunk)

import keras
import numpy as np

from _watching import same_bits
from keras_mtl import Head
from keras_mtl.graph.chain import is_chain, with_opened_chains
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.graphs import operation_fn


class Shifted(Head):
    """It does more than its parts do."""

    def call(self, features, training=None, mask=None):
        return super().call(features, training=training, mask=mask) + 1.0


def model_with(head):
    inputs = keras.Input((5, 4), name="inputs")
    return keras.Model(inputs, head(keras.layers.Dense(3, name="dense")(inputs)))


def test_a_chain_is_its_parts():
    model = model_with(Head(2, hidden=[6], dropout=0.5, name="head"))
    opened = with_opened_chains(Graph.of(model).opened)
    parts = ["pooling", "dropout_0", "hidden_0", "dropout_1", "output"]
    assert [c.path for c in opened.calls] == ["inputs", "dense", *(f"head/{p}" for p in parts)]
    batch = np.random.default_rng(0).normal(size=(2, 5, 4)).astype("float32")
    outputs = opened.run(
        {id(model.inputs[0]): keras.ops.convert_to_tensor(batch)},
        lambda call: operation_fn(call.operation, training=False),
    )
    assert same_bits(outputs, model(batch, training=False))


def test_what_does_more_stays_whole():
    model = model_with(Shifted(2, name="head"))
    assert not is_chain(model.layers[-1])
    flow = Graph.of(model).opened
    assert with_opened_chains(flow).calls == flow.calls

import keras
import pytest
from keras import layers

from keras_mtl.engines.network_maker import network_of

pytestmark = pytest.mark.backend("tensorflow", reason="it reads TensorFlow's graphs")


@pytest.fixture(scope="module")
def network():
    inputs = keras.Input((3,), name="x")
    inner = layers.Dense(2, activation="softplus", name="inner")
    block = keras.Sequential([keras.Input((3,)), inner], name="block")
    outputs = {"a": layers.Softmax(name="last")(block(inputs)), "b": block(inputs)}
    model = keras.Model(inputs, outputs)
    return network_of(model, model.input)


def test_the_layer_around_an_operation_is_named(network):
    assert network.user_of("no translator found for Softplus") == "inner"
    assert network.user_of("OpConversionFailure: 'Softmax' cannot be translated") == "last"
    assert network.user_of("no reason") is None


def test_threads_are_as_many_as_the_user_allows(network, monkeypatch):
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert network.num_threads is None
    monkeypatch.setenv("OMP_NUM_THREADS", "3,2")
    assert network.num_threads == 3
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "2")
    assert network.num_threads == 2
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "0")
    assert network.num_threads == 3


def test_what_xla_compiles_in_a_branch_is_inlined():
    pytest.importorskip("tf2onnx")

    class Branches(layers.Layer):
        def build(self, shape):
            self.convolution = layers.Conv2D(4, 1, groups=2)
            self.convolution.build(shape)

        def call(self, x):
            return keras.ops.cond(keras.ops.sum(x) > 0, lambda: self.convolution(x), lambda: x)

    inputs = keras.Input((3, 3, 4))
    model = keras.Model(inputs, Branches()(inputs))
    assert network_of(model, model.input).to_onnx()

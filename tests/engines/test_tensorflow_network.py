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

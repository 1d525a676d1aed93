import keras
import pytest
from keras import layers

from keras_mtl.estimators import trunk_cache
from keras_mtl.estimators.trunk_cache import TrunkCache


@pytest.fixture
def model():
    stack = [layers.Dense(4, name="first"), layers.Dense(3, name="second"), layers.Dense(2)]
    return keras.Sequential([keras.Input((4,)), *stack])


def test_a_trunk_is_made_once_for_each_cut_and_pooling(model):
    cache = TrunkCache(model)
    trunk = cache.take("first", "auto")
    assert cache.take("first", "auto") is trunk
    assert cache.take("first", "none") is not trunk
    assert cache.take(["first"], "auto") is cache.take(["first"], "auto")


def test_a_trunk_is_made_anew_when_its_weights_or_the_layers_change(model):
    cache = TrunkCache(model)
    trunk, other = cache.take("second", "auto"), cache.take("first", "auto")
    model.get_layer("second").bias.assign([1.0, 2.0, 3.0])
    assert cache.take("second", "auto") is not trunk
    assert cache.take("first", "auto") is other
    model.pop()
    assert cache.take("first", "auto") is not other


def test_the_trunks_used_last_are_kept(model, monkeypatch):
    monkeypatch.setattr(trunk_cache, "CAPACITY", 2)
    cache = TrunkCache(model)
    first, second = cache.take(2, "auto"), cache.take(1, "auto")
    assert cache.take(2, "auto") is first
    cache.take(0, "auto")
    assert cache.take(2, "auto") is first
    assert cache.take(1, "auto") is not second


def test_a_copy_for_inputs_of_one_width_is_made_once():
    stack = [layers.Rescaling(2.0, name="scale"), layers.Activation("relu")]
    model = keras.Sequential([keras.Input((None,)), *stack])
    cache = TrunkCache(model)
    sized = cache.sized([(4,)])
    assert sized.model.input_shape == (None, 4)
    assert cache.sized([(4,)]) is sized
    assert cache.sized([(5,)]) is not sized
    assert sized.take("scale", "auto").width() == 4

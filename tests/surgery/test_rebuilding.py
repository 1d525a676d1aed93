import keras
import pytest
from keras import layers, ops

from keras_mtl.errors import CloneError
from keras_mtl.surgery.rebuilding import rebuild


class Scaled(keras.Layer):
    """Not registered with Keras, and made with a function that Keras does not know either."""

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(3, activation=activation)

    def call(self, x):
        return self.dense(x)

    def get_config(self):
        activation = keras.saving.serialize_keras_object(self.dense.activation)
        return {**super().get_config(), "activation": activation}

    @classmethod
    def from_config(cls, config):
        activation = keras.saving.deserialize_keras_object(config.pop("activation"))
        return cls(activation, **config)


def wavy(x):
    return ops.sin(x)


@pytest.mark.parametrize("activation", [wavy, lambda x: x * 2], ids=["function", "lambda"])
def test_code_that_keras_does_not_know(activation):
    name = activation.__name__
    copy = rebuild(Scaled(activation, name="scaled"))
    assert copy.dense.activation is activation
    assert (copy.name, activation.__name__) == ("scaled", name)


def test_metrics_and_optimizers():
    metric = rebuild(keras.metrics.SparseTopKCategoricalAccuracy(k=3))
    assert metric.get_config()["k"] == 3
    optimizer = rebuild(keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.5)))
    assert float(optimizer.inner_optimizer.learning_rate) == 0.5


def test_another_config():
    layer = layers.Dense(3)
    assert rebuild(layer, lambda: {**layer.get_config(), "units": 5}).units == 5


class Forgetful(keras.Layer):
    def __init__(self, gain):
        super().__init__()


def test_what_cannot_be_built_is_named():
    with pytest.raises(CloneError, match=r"`forgetful\w*` \(Forgetful\) cannot be copied"):
        rebuild(Forgetful(2.0))

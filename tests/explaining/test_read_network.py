import keras
import pytest
from keras import layers

from keras_mtl import Head, MultiTaskModel, transfer
from keras_mtl.explaining.network_parts import Fate
from keras_mtl.explaining.read_network import network_parts


def trained(blocks=1):
    """Blocks of four layers, each at half the resolution of the one before."""
    x = inputs = keras.Input((32, 32, 3))
    for index in range(blocks):
        x = layers.ZeroPadding2D(name=f"pad{index}")(x)
        x = layers.Conv2D(4, 3, strides=2, name=f"conv{index}", use_bias=False)(x)
        x = layers.BatchNormalization(name=f"norm{index}")(x)
        x = layers.ReLU(name=f"relu{index}")(x)
    x = layers.Dense(2, name="out")(layers.Flatten(name="flatten")(x))
    return keras.Model(inputs, x, name="net")


def table(parts):
    return [(one.part, one.layers, one.fate, one.shape, one.params, one.trained) for one in parts]


def test_few_layers_stand_alone():
    model = transfer(trained(), "flatten", freeze="conv0", head=Head(3, hidden=[5]))
    flat = 16 * 16 * 4
    assert table(network_parts(model)) == [
        ("trunk", "pad0", Fate.STATIC, (34, 34, 3), 0, 0),
        ("trunk", "conv0", Fate.STATIC, (16, 16, 4), 108, 0),
        ("trunk", "norm0", Fate.STATIC, (16, 16, 4), 16, 0),
        ("trunk", "relu0", Fate.TRAINED, (16, 16, 4), 0, 0),
        ("trunk", "flatten", Fate.TRAINED, (flat,), 0, 0),
        ("head", "hidden_0", Fate.NEW, (5,), 5 * flat + 5, 5 * flat + 5),
        ("head", "output", Fate.NEW, (3,), 18, 18),
    ]


def test_many_layers_are_grouped_by_resolution():
    model = transfer(trained(4), "relu3", freeze="relu1", head=3)
    assert table(network_parts(model)) == [
        ("trunk", "pad0 … relu0", Fate.STATIC, (16, 16, 4), 124, 0),
        ("trunk", "pad1 … relu1", Fate.STATIC, (8, 8, 4), 160, 0),
        ("trunk", "pad2 … relu2", Fate.TRAINED, (4, 4, 4), 160, 144),
        ("trunk", "pad3 … relu3", Fate.TRAINED, (2, 2, 4), 160, 144),
        ("head", "pooling", Fate.NEW, (4,), 0, 0),
        ("head", "output", Fate.NEW, (3,), 15, 15),
    ]
    grouped = network_parts(model)[2]
    assert grouped.count == 4 and "1 BatchNormalization" in grouped.kinds
    assert "619 parameters, 303 of them trained" in repr(network_parts(model))


def test_all_parameters_are_counted_once():
    shared = layers.Dense(4, name="shared")
    inputs = keras.Input((4,))
    model = keras.Model(inputs, shared(shared(inputs)) + 1.0)
    model.get_layer("shared").trainable = False
    parts = network_parts(model)
    assert [(one.fate, one.params) for one in parts][:2] == [(Fate.FROZEN, 20), (Fate.FROZEN, 0)]
    big = transfer(trained(4), "relu3", freeze=False, head=3)
    parts = network_parts(big)
    assert sum(one.params for one in parts) == big.count_params()
    trainable = sum(int(keras.ops.size(v)) for v in big.trainable_variables)
    assert sum(one.trained for one in parts) == trainable


def test_tasks_and_plain_models():
    kept = transfer(trained(), "flatten")
    heads = {"sex": 2, "hair": Head(3), "old": layers.Dense(1)}
    parts = network_parts(MultiTaskModel(kept, heads))
    assert [one.part for one in parts][-3:] == ["task sex", "task hair", "task old"]
    assert [one.fate for one in parts][-3:] == [Fate.NEW, Fate.NEW, Fate.PLAIN_TRAINED]
    assert {one.fate for one in network_parts(kept)} == {Fate.STATIC}
    plain = network_parts(MultiTaskModel(trained(), {"sex": 2}))
    assert plain[0].fate == Fate.PLAIN_TRAINED
    assert {one.part for one in network_parts(trained())} == {""}


@pytest.mark.slow
def test_a_deep_network_is_a_few_parts():
    net = keras.applications.DenseNet121(weights=None, input_shape=(32, 32, 3), include_top=False)
    parts = network_parts(transfer(net, 0, head=3, verify=False))
    assert 5 <= len(parts) <= 14 and sum(one.count for one in parts) > 400

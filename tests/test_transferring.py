import warnings

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw, moved_variables, paths, reload
from _models import random_batch, randomised, zoo
from _watching import as_numpy, same_bits, unchanged
from keras_mtl import Head, TransferModel, Trunk, errors, transfer

IMAGES = draw(12, 8, 8, 1)
DIGITS = np.arange(12) % 10


def convolutional():
    stack = [
        keras.Input((8, 8, 1)),
        layers.Conv2D(3, 3, name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.ReLU(name="relu"),
        layers.MaxPooling2D(name="pool"),
        layers.Conv2D(4, 2, activation="relu", name="deep"),
        layers.Flatten(name="flatten"),
        layers.Dense(2, activation="softmax", name="parity"),
    ]
    return randomised(keras.Sequential(stack, name="trained"))


def features_at(model, *names):
    """By Keras alone."""
    outputs = [model.get_layer(name).output for name in names]
    return keras.Model(model.inputs, outputs)([IMAGES], training=False)


@pytest.mark.parametrize("freeze", [True, False, "norm"])
@pytest.mark.parametrize(
    "cut, kept", [(0, "parity"), (2, "deep"), ("relu", "relu"), ("pool", "pool")]
)
def test_the_trunk_gives_the_features_at_the_cut(cut, kept, freeze):
    source = convolutional()
    trunk = transfer(source, cut, freeze)
    assert type(trunk) is Trunk
    assert not trunk.compiled
    assert same_bits(trunk(IMAGES), features_at(source, kept))


def test_a_list_of_names_gives_a_dict_of_features():
    source = convolutional()
    names = ["norm", "flatten"]
    features = transfer(source, names)(IMAGES)
    assert features.keys() == set(names)
    assert same_bits([features[name] for name in names], features_at(source, *names))


@pytest.mark.parametrize("cut", ["embedding", "steps"])
def test_a_layer_that_carries_a_mask_is_a_cut_by_its_bare_name(cut):
    tokens = keras.Input((None,), dtype="int32")
    x = layers.Embedding(7, 4, mask_zero=True, name="embedding")(tokens)
    x = layers.LSTM(3, return_sequences=True, name="steps")(x)
    source = keras.Model(tokens, layers.Dense(2)(layers.LSTM(2, name="summary")(x)))
    model = transfer(source, cut, head=Head(2, "regression"))
    rows = np.array([[1, 2, 0, 0], [3, 0, 0, 0], [1, 2, 3, 4]])
    features = as_numpy(keras.Model(tokens, source.get_layer(cut).output)(rows))
    pairs = zip(features, rows, strict=True)
    means = np.stack([steps[row > 0].mean(axis=0) for steps, row in pairs])
    expected = means @ as_numpy(model.head.weights[0])
    np.testing.assert_allclose(as_numpy(model(rows)), expected, atol=1e-5)


@pytest.mark.parametrize(
    "freeze, trained",
    [
        (True, []),
        ("pool", ["deep"]),
        *(
            pytest.param(*case, marks=pytest.mark.slow)
            for case in [("conv", ["deep"]), ("deep", []), (False, ["conv", "deep"])]
        ),
    ],
)
def test_the_result_is_ready_to_fit(freeze, trained, tmp_path):
    model = transfer(convolutional(), cut=2, freeze=freeze, head=10)
    expected = [f"{name}/{weight}" for name in trained for weight in ("kernel", "bias")]
    assert paths(model.trunk.trainable_variables) == expected
    model.run_eagerly = True
    assert set(model.fit(IMAGES, DIGITS, verbose=0).history) == {"loss", "accuracy"}
    loaded = reload(model, tmp_path)
    for result in (model, loaded):
        parts = [type(part) for part in (result, result.trunk, result.head)]
        assert parts == [TransferModel, Trunk, Head]
    assert same_bits(loaded(IMAGES), model(IMAGES))


def test_names():
    source = convolutional()
    model = transfer(source, cut=2, head=10)
    assert (model.name, model.trunk.name, model.head.name) == ("trained_transfer", "trunk", "head")
    assert [layer.name for layer in model.trunk.layers][1:] == [
        "conv",
        "norm",
        "relu",
        "pool",
        "deep",
    ]
    assert transfer(source, cut=2, head=10, name="digits").name == "digits"
    assert transfer(source, cut=2, name="features").name == "features"
    assert transfer(source, cut=2).name == "trunk"


def test_only_a_head_that_knows_its_loss_compiles_the_model():
    source = convolutional()
    assert transfer(source, cut=1, head=10).compiled
    assert not transfer(source, cut=1, head=layers.Dense(10)).compiled
    assert not transfer(source, cut=1).compiled


def test_the_source_stays_as_it_is():
    source = convolutional()
    source.compile("sgd", "sparse_categorical_crossentropy")
    before = source(IMAGES)
    with unchanged(source):
        model = transfer(source, cut=2, freeze=False, head=10, batchnorm="train")
        model.fit(IMAGES, DIGITS, verbose=0)
    assert source.compiled
    assert same_bits(source(IMAGES), before)


@pytest.mark.slow
def test_what_was_transferred_is_transferred_again():
    once = transfer(convolutional(), cut=2, freeze="conv", head=Head(10, hidden=[6]))
    twice = transfer(once, cut=0, freeze="trunk/pool", head=3)
    assert same_bits(twice.trunk(IMAGES), once(IMAGES, training=False))
    assert twice.trunk.get_layer("trunk").get_layer("deep").trainable
    assert not twice.trunk.get_layer("trunk").get_layer("pool").trainable
    relu = transfer(once, cut="trunk/relu")
    assert same_bits(relu(IMAGES), features_at(once.trunk, "relu"))


@zoo("dicts", "siamese", "masked_lstm", "strings", fast=("dicts", "strings"))
def test_awkward_inputs_go_through_fit(build):
    source = randomised(build())
    cuts = {
        "dicts": "trunk_dense",
        "siamese": "absolute",
        "masked_lstm": "summary",
        "strings": "both",
    }
    model = transfer(source, cuts[source.name], head=2)
    model.run_eagerly = True
    with moved_variables(model) as moved:
        model.fit(random_batch(source), np.array([0, 1]), verbose=0)
    assert moved == model.head.trainable_variables


@pytest.mark.parametrize("as_list", [False, True], ids=["array", "list"])
def test_lists_of_one_input_are_taken_as_the_source_takes_them(as_list):
    """Without Keras's warning of another structure, at the outside and between the models."""
    inside = keras.Input((8,))
    tower = keras.Model([inside], layers.Dense(6)(inside), name="tower")
    inputs = keras.Input((8,))
    source = keras.Model([inputs], [layers.Dense(2)(tower([inputs]))])
    x = keras.ops.ones((2, 8))
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="The structure of `inputs`")
        transfer(source, cut="tower")([x] if as_list else x)


@pytest.mark.backend("tensorflow", reason="the example takes gradients with a GradientTape")
def test_grad_cam_through_the_trunk():
    import tensorflow as tf

    head = Head(10, from_logits=True)
    model = transfer(convolutional(), cut="relu", head=head)
    trunk = model.trunk
    inner = keras.Model(trunk.input, [trunk.get_layer("conv").output, trunk.output])
    with tf.GradientTape() as tape:
        maps, features = inner(IMAGES)
        score = model.head(features)[:, 7]
    gradients = as_numpy(tape.gradient(score, maps))

    gamma, _, _, variance = map(as_numpy, trunk.get_layer("norm").variables)
    slope = gamma / np.sqrt(variance + trunk.get_layer("norm").epsilon)
    kernel = as_numpy(model.head.weights[0])[:, 7]
    expected = (as_numpy(features) > 0) * slope * kernel / 36
    np.testing.assert_allclose(gradients, expected, rtol=1e-4)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"cut": "rely"}, errors.LayerNotFound, "Did you mean `relu`"),
        ({"cut": 9}, errors.InvalidCut, "`cut` is from 0"),
        ({"cut": 2, "freeze": "rely"}, errors.LayerNotFound, "Did you mean `relu`"),
        ({"cut": 2, "freeze": "flatten"}, errors.InvalidCut, "removes this layer.*kept is `deep`"),
        (
            {"cut": 2, "freeze": 1},
            ValueError,
            "`freeze` is True, False or the name of a layer.*: 1",
        ),
        ({"cut": 2, "freeze": None}, ValueError, "Received: None"),
        ({"cut": 2, "batchnorm": True}, ValueError, '"frozen" or "train". Received: True'),
        ({"cut": 2, "head": "dense"}, errors.HeadMismatch, "Received: 'dense'"),
        ({"cut": 2, "head": 1}, ValueError, "at least 2 classes"),
        (
            {"cut": 2, "head": layers.Dense(2, name="trunk")},
            errors.HeadMismatch,
            r"different names. Received: .*'trunk', 'trunk'\].*Head\(10, name=",
        ),
    ],
)
def test_bad_arguments(arguments, error, message):
    source = convolutional()
    with unchanged(source), pytest.raises(error, match=message):
        transfer(source, **arguments)

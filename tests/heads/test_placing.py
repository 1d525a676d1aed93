"""A copy of a head is put on the features of a trunk, if it fits them."""

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw, moved_variables, paths
from _watching import as_numpy, same_bits
from keras_mtl import Head, errors, transfer


def trained(*middle):
    stack = [keras.Input((6,)), *middle, layers.Dense(4, name="features"), layers.Dense(2)]
    return keras.Sequential(stack)


def built(layer, width=4):
    layer(np.zeros((1, width), "float32"))
    return layer


def functional_head():
    inputs = keras.Input((4,))
    x = layers.Lambda(lambda x: x**2)(layers.Dense(5)(inputs))
    return keras.Model(inputs, layers.Dense(3)(x))


GIVEN = {
    "layer": lambda: layers.Dense(3),
    "built layer": lambda: built(layers.Dense(3)),
    "Head": lambda: Head(3, hidden=[5]),
    "built Head": lambda: built(Head(3, hidden=[5])),
    "list": lambda: [layers.Dense(5), layers.ReLU(), layers.Dense(3)],
    "list of built layers": lambda: [built(layers.BatchNormalization()), built(layers.Dense(3))],
    "Sequential": lambda: keras.Sequential([layers.Dense(5), layers.Dense(3)]),
    "built Sequential": lambda: built(keras.Sequential([layers.Dense(5), layers.Dense(3)])),
    "Functional": functional_head,
}


@pytest.mark.parametrize("make_head", GIVEN.values(), ids=GIVEN)
def test_a_copy_of_the_head_is_put_on_the_trunk(make_head):
    source, head, x = trained(), make_head(), draw(5, 6)
    first, second = (transfer(source, cut=1, head=head) for _ in range(2))
    given = {id(v) for layer in keras.tree.flatten(head) for v in layer.variables}
    copied = [{id(v) for v in model.variables} for model in (first, second)]
    assert not given & copied[0] and not given & copied[1] and not copied[0] & copied[1]
    assert first.output_shape == (None, 3)
    assert first.compiled == isinstance(head, Head)
    assert first.head.count_params() == second.head.count_params() > 0

    if given:
        expected = first.trunk(x)
        for layer in keras.tree.flatten(head):
            expected = layer(expected)
        np.testing.assert_allclose(as_numpy(first(x)), as_numpy(expected), atol=1e-6)


def test_training_one_copy_leaves_the_head_and_the_other_copy_alone():
    source, head = trained(), built(layers.Dense(3))
    first, second = (transfer(source, cut=1, head=head) for _ in range(2))
    first.compile("sgd", "mse")
    with moved_variables(first) as moved, moved_variables(head) as a, moved_variables(second) as b:
        first.fit(draw(8, 6), draw(8, 3), verbose=0)
    assert paths(moved) == paths(first.trainable_variables)
    assert a == b == []


def test_a_model_goes_on_a_trunk_with_several_outputs():
    inputs = keras.Input((6,))
    x = layers.Dense(4, name="low")(inputs)
    source = keras.Model(inputs, layers.Dense(5, name="high")(x))
    features = {"low": keras.Input((4,), name="low"), "high": keras.Input((5,), name="high")}
    head = keras.Model(features, layers.Concatenate()([features["low"], features["high"]]))
    model = transfer(source, cut=["low", "high"], head=head)
    parts = model.trunk(draw(3, 6))
    joined = np.concatenate([as_numpy(parts["low"]), as_numpy(parts["high"])], axis=1)
    assert same_bits(model(draw(3, 6)), joined)


# Heads that do not fit


def conv_head():
    return layers.Conv2D(2, 3)


def wide_head():
    inputs = keras.Input((7,))
    return keras.Model(inputs, layers.Dense(3)(inputs))


@pytest.mark.parametrize(
    "make_head, message",
    [
        (conv_head, r"`conv2d.*does not fit the features at the cut, .*float32 of shape"),
        (wide_head, r"does not fit the features at the cut"),
        (lambda: keras.Sequential([layers.Dense(2), conv_head()]), "does not fit the features"),
        (lambda: built(layers.Dense(3), width=5), "does not fit the features"),
        (lambda: [], r"a list of layers or a model. Received: \[\]"),
        (lambda: [3], r"a list of layers or a model. Received: \[3\]"),
        (lambda: "dense", "Received: 'dense'"),
        (lambda: True, "Received: True"),
        (lambda: 2.0, r"Received: 2\.0"),
    ],
)
def test_a_head_that_does_not_fit(make_head, message):
    with pytest.raises(errors.HeadMismatch, match=message):
        transfer(trained(), cut="features", head=make_head())


@pytest.mark.parametrize(
    "layer, shape, head, message",
    [
        (layers.Discretization([0.0]), (6,), 3, "floating point features; .* are int"),
        (layers.Reshape((1, 1, 1, 1, 6)), (6,), 3, r"rank 2 to 5.*\(None, 1, 1, 1, 1, 6\)"),
        (
            layers.Conv1D(4, 1),
            (None, 6),
            Head(3, pooling="flatten"),
            r"\(None, None, 4\).*`pooling`",
        ),
    ],
)
def test_features_that_fit_no_head(layer, shape, head, message):
    inputs = keras.Input(shape)
    source = keras.Model(inputs, layers.Activation("linear")(layer(inputs)))
    with pytest.raises(errors.HeadMismatch, match=message):
        transfer(source, cut=1, head=head)


def test_one_of_several_outputs_that_fits_no_head_is_named():
    source = trained(layers.Reshape((1, 1, 1, 1, 6), name="low"), layers.Flatten())
    with pytest.raises(errors.HeadMismatch, match=r"`low`: .*rank 2 to 5.*1, 1, 1, 1, 6"):
        transfer(source, cut=["low", "features"], head=3)
    source = trained(layers.Reshape((3, 2), name="low"), layers.Flatten())
    with pytest.raises(errors.HeadMismatch, match=r"`low`: .*only if they are vectors"):
        transfer(source, cut=["low", "features"], head=Head(3, pooling="none"))

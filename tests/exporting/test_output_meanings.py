"""Classes are those of the head, or those that the caller names, where they fit."""

import keras
import pytest
from keras import layers

import keras_mtl
from keras_mtl.exporting.output_meanings import described_outputs


def described(last, classes, shape=(4,)):
    x = keras.Input(shape, name="x")
    return described_outputs(keras.Model(x, last(x)), ["out"], classes)


@pytest.mark.parametrize(
    ("last", "classes", "kind", "decoding"),
    [
        (layers.Dense(2, "softmax"), ["a", "b"], "classification", "argmax"),
        (layers.Dense(2), ["a", "b"], "classification", "argmax"),
        (layers.Dense(1, "sigmoid"), {"out": ["no", "yes"]}, "binary", "threshold"),
        (layers.Dense(2, "sigmoid"), ["hat", "tie"], "multilabel", "threshold"),
        (keras_mtl.Head(2), ["a", "b"], "classification", "argmax"),
        (layers.Dense(2, "softmax"), None, "classification", "argmax"),
        (layers.Dense(2), None, None, None),
        (layers.Softmax(), None, "classification", "argmax"),
    ],
)
def test_meanings(last, classes, kind, decoding):
    (output,) = described(last, classes)
    named = classes["out"] if isinstance(classes, dict) else classes
    assert (output.kind, output.decoding) == (kind, decoding)
    assert output.classes == (None if named is None else tuple(named))
    assert output.labels == (None if named is None else "out_class")


@pytest.mark.parametrize(
    ("last", "classes", "told"),
    [
        (layers.Dense(3), ["a", "b"], "tells 3 classes apart. Received 2 names"),
        (layers.Dense(1, "sigmoid"), ["a"], "tells 2 classes apart"),
        (keras_mtl.Head(1, "regression"), ["a"], "no classes to name"),
        (layers.Dense(2), ["a", "a"], "repeated"),
        (layers.Dense(2), "ab", "list of names"),
        (layers.Dense(2), {"ou": ["a", "b"]}, "Did you mean 'out'"),
    ],
)
def test_classes_that_do_not_fit_are_refused(last, classes, told):
    with pytest.raises(ValueError, match=told):
        described(last, classes)


def test_of_several_outputs_classes_are_given_by_name():
    x = keras.Input((4,), name="x")
    model = keras.Model(x, [layers.Dense(2)(x), layers.Dense(3)(x)])
    with pytest.raises(ValueError, match="as a dict by their names"):
        described_outputs(model, ["a", "a_class"], ["x", "y"])
    first, _ = described_outputs(model, ["a", "a_class"], {"a": ["x", "y"]})
    assert first.labels == "a_class_"  # the other name is taken

import keras
import numpy as np
import pytest
from keras import layers

from keras_mtl import Head, transfer
from keras_mtl.comparing.auxiliary_data import read_auxiliary
from keras_mtl.errors import InvalidFeatures, InvalidLabels, MissingLoss

X = np.random.default_rng(0).normal(size=(12, 4))
CLASSES = np.arange(12) % 3


def trained(units=3, activation="softmax", loss="sparse_categorical_crossentropy"):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(units, activation=activation)])
    if loss:
        model.compile("sgd", loss)
    return model


@pytest.mark.parametrize(
    ("output", "y"),
    [
        ((), CLASSES),
        ((3, "softmax", "categorical_crossentropy"), np.eye(3)[CLASSES]),
        ((3, None, keras.losses.SparseCategoricalCrossentropy(True)), CLASSES),
        ((1, "sigmoid", "binary_crossentropy"), CLASSES > 1),
        ((3, "sigmoid", "binary_crossentropy"), np.eye(3)[CLASSES]),
        ((1, None, "mse"), X[:, 0]),
        ((3, None, "mse"), X[:, :3]),
    ],
)
def test_labels_that_the_model_was_trained_on(output, y):
    read = read_auxiliary(trained(*output), (X, y), 32, None)
    assert np.array_equal(read.values, y)
    assert np.array_equal(read.samples.inputs[0], X)


def test_a_head_knows_its_classes():
    head = Head(classes=["ash", "bay", "cob"])
    model = transfer(trained(5), 0, head=head)
    read = read_auxiliary(model, (X, np.array(["ash", "bay", "cob"])[CLASSES]), 32, None)
    assert read.values.tolist() == CLASSES.tolist()


def test_batches_are_read_into_arrays():
    batches = [(X[:8], CLASSES[:8]), (X[8:], CLASSES[8:])]
    read = read_auxiliary(trained(), iter(batches), 32, None)
    assert np.array_equal(read.samples.inputs[0], X)
    assert read.values.tolist() == CLASSES.tolist()
    assert read_auxiliary(trained(), None, 32, None) is None


@pytest.mark.parametrize(
    ("model", "auxiliary", "error", "message"),
    [
        (trained, (X, CLASSES + 1), InvalidLabels, "must fit the output"),
        (trained, (X, X[:, 0]), InvalidLabels, "must fit the output"),
        (trained, (X, CLASSES[:5]), InvalidLabels, "12 samples and 5 labels"),
        (trained, (X[:, :2], CLASSES), InvalidFeatures, r"`auxiliary\[0\]`"),
        (trained, X, ValueError, r"`auxiliary` is a pair"),
        (trained, (X, CLASSES, CLASSES), ValueError, r"`auxiliary` is a pair"),
        (trained, iter([(X,)]), InvalidLabels, "Some have no labels"),
        (lambda: trained(loss=None), (X, CLASSES), MissingLoss, "Call `model.compile"),
        (lambda: trained(1, "sigmoid", "bce"), (X, CLASSES), InvalidLabels, "must fit the output"),
    ],
)
def test_what_is_refused(model, auxiliary, error, message):
    with pytest.raises(error, match=message):
        read_auxiliary(model(), auxiliary, 32, None)

"""`explain` on models and data of every kind: the numbers are those of plain predictions."""

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix

from _helpers import draw, reload
from keras_mtl import Head, MultiTaskModel, errors, explain, transfer
from keras_mtl.explaining.number_explanation import NumberExplanation

ROWS = 70
X = draw(ROWS, 6)
Y = (np.abs(X[:, 0] * 2 + X[:, 1]) % 3).astype(int)
NAMES = ("cat", "dog", "owl")


def classifier(activation="softmax", units=3):
    return keras.Sequential([keras.Input((6,)), layers.Dense(units, activation=activation)])


def plain_counts(model, y=Y, threshold=None):
    outputs = model.predict(X, verbose=0)
    predicted = outputs.argmax(1) if threshold is None else outputs[:, 0] > threshold
    return confusion_matrix(y, predicted, labels=range(max(outputs.shape[1], 2)))


@pytest.mark.parametrize("activation", ["softmax", None])
@pytest.mark.parametrize(
    "y", [Y, np.eye(3)[Y], np.array(NAMES)[Y]], ids=["numbers", "one_hot", "names"]
)
def test_a_classifier_of_keras(activation, y):
    model = classifier(activation)
    found = explain(model, X, y, classes=list(NAMES), batch_size=16, verbose=0)
    assert np.array_equal(found.confusion.counts, plain_counts(model))
    assert found.classes == NAMES
    logits = model.predict(X, verbose=0)
    probabilities = logits if activation else keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    wrong = np.flatnonzero(probabilities.argmax(1) != Y)
    first = wrong[probabilities[wrong].max(1).argmax()]
    assert found.mistakes(1)[0].row == first
    assert found.mistakes(1)[0].probability == pytest.approx(probabilities[first].max(), abs=1e-5)


@pytest.mark.parametrize(("activation", "threshold"), [("sigmoid", 0.5), (None, 0.0)])
def test_one_output(activation, threshold):
    model = classifier(activation, 1)
    y = Y > 0
    found = explain(model, X, y, kind="binary", verbose=0)
    assert np.array_equal(found.confusion.counts, plain_counts(model, y, threshold))


def test_a_model_of_ours_knows_its_classes(tmp_path):
    model = transfer(classifier(), 0, head=Head(classes=NAMES))
    names = np.array(NAMES)[Y].astype(object)
    names[3] = None
    found = explain(reload(model, tmp_path), X, names, verbose=0)
    rows = np.arange(ROWS) != 3
    predicted = model.predict(X, verbose=0).argmax(1)
    assert np.array_equal(found.confusion, confusion_matrix(Y[rows], predicted[rows]))
    assert found.unlabelled == 1 and found.classes == NAMES
    assert all(one.true == names[one.row] for one in found.mistakes(99))


def test_tasks():
    trunk = keras.Sequential([keras.Input((6,)), layers.Dense(4)])
    heads = {"animal": Head(classes=NAMES), "size": Head(2, "regression")}
    model = MultiTaskModel(trunk, heads)
    outputs = model.predict(X, verbose=0)
    animal = explain(model, X, {"animal": Y}, task="animal", verbose=0)
    assert np.array_equal(animal.confusion, confusion_matrix(Y, outputs["animal"].argmax(1)))
    sizes = pd.DataFrame({"a": X[:, 0], "b": X[:, 1]})
    sizes.loc[5, "a"] = np.nan
    size = explain(model, X, sizes, task="size", verbose=0)
    assert isinstance(size, NumberExplanation) and size.unlabelled == 1
    assert size.targets == ("a", "b")
    expected = np.delete(outputs["size"] - X[:, :2], 5, axis=0)
    assert size.residuals == pytest.approx(expected, abs=1e-5)
    with pytest.raises(ValueError, match=r"has the outputs .*name one by `task`"):
        explain(model, X, Y)
    with pytest.raises(errors.TaskNotFound, match="Did you mean 'size'"):
        explain(model, X, Y, task="sise")


def batches(x=X, y=Y, size=16):
    for start in range(0, len(y), size):
        yield x[start : start + size], y[start : start + size], np.ones(1)


def test_a_stream_is_read_once_and_in_order():
    model = classifier()
    expected = explain(model, X, Y, verbose=0)
    assert repr(explain(model, batches(), verbose=0)) == repr(expected)
    assert repr(explain(model, list(batches()), verbose=0)) == repr(expected)
    named = explain(transfer(model, 0, head=Head(classes=NAMES)), batches(), verbose=0)
    assert named.classes == NAMES


@pytest.mark.backend("tensorflow", reason="`tf.data` is TensorFlow's")
def test_a_tf_data_set_in_its_order():
    import tensorflow as tf

    model = classifier()
    x, y = np.array(["red", "green"])[Y % 2], np.eye(2)[Y % 2]
    words = keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            layers.StringLookup(vocabulary=["red", "green"], output_mode="one_hot"),
            layers.Dense(2, "softmax"),
        ]
    )
    text = tf.data.Dataset.from_tensor_slices((x[:, None], y)).batch(32)
    found = explain(words, text, verbose=0)
    assert repr(found) == repr(explain(words, x, y, verbose=0))
    with pytest.raises(errors.InvalidFeatures, match="has no end"):
        explain(model, tf.data.Dataset.from_tensor_slices((X, Y)).batch(8).repeat())


def test_several_inputs_and_frames():
    inputs = {"a": keras.Input((1,), name="a"), "b": keras.Input((1,), name="b")}
    model = keras.Model(
        inputs, layers.Dense(3, "softmax")(layers.Concatenate()([*inputs.values()]))
    )
    frame = pd.DataFrame({"b": X[:, 1], "a": X[:, 0], "other": ["text"] * ROWS})
    data = {"a": X[:, 0], "b": X[:, 1]}
    assert repr(explain(model, frame, Y, verbose=0)) == repr(explain(model, data, Y, verbose=0))


def test_one_class_and_absent_ones():
    found = explain(classifier(), X[:5], np.ones(5), verbose=0)
    assert found.confusion.counts.sum() == found.confusion.counts[1].sum() == 5
    assert found.scores[0].recall is None and "1" in found.title


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"y": Y + 1}, errors.InvalidLabels, r"holds the class 3 in row \d+; the model has 3"),
        ({"y": Y[:-1]}, errors.InvalidLabels, "69 labels and 70 rows"),
        ({"y": None}, errors.InvalidLabels, "`y` is missing"),
        ({"y": np.full(ROWS, np.nan)}, errors.InvalidLabels, "None of the 70 rows has a label"),
        ({"y": 3}, errors.InvalidLabels, "Received: 3"),
        ({"x": X[:, :4]}, errors.InvalidFeatures, "expected the shape"),
        ({"x": np.where(X[4, 0] == X, np.nan, X)}, errors.InvalidFeatures, "is sample 4"),
        ({"x": X[:0], "y": Y[:0]}, errors.InvalidFeatures, "no samples"),
        ({"model": "net"}, errors.UnsupportedModel, "Received: 'net'"),
        ({"model": LogisticRegression}, errors.UnsupportedModel, "fitted object"),
        ({"model": keras.Sequential([layers.Dense(3)])}, errors.UnbuiltModel, "no graph"),
        ({"kind": "classifcation"}, ValueError, "Did you mean 'classification'"),
        ({"classes": ["a"]}, ValueError, r"3 of them\. Received: 1"),
        ({"classes": "abc"}, ValueError, "`classes` is a list of names"),
        ({"bins": 0}, ValueError, "`bins` is a positive whole number"),
        ({"confidence": 95}, ValueError, "between 0 and 1"),
        ({"batch_size": 0}, ValueError, "`batch_size`"),
        ({"verbose": "no"}, ValueError, "`verbose`"),
    ],
)
def test_bad_calls(arguments, error, message):
    call = {"model": classifier(), "x": X, "y": Y, "verbose": 0} | arguments
    with pytest.raises(error, match=message):
        explain(**call)


def test_outputs_that_are_not_finite_are_named():
    model = classifier(None)
    model.layers[-1].set_weights([np.full((6, 3), 1e38), np.zeros(3)])
    with pytest.raises(
        errors.InvalidFeatures, match=r"infinite outputs for \d+ of .*first of them"
    ):
        explain(model, X * 100, Y, verbose=0)

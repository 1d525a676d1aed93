import numpy as np
import pandas as pd
import pytest

from keras_mtl.errors import InvalidLabels
from keras_mtl.explaining.class_reading import (
    ClassReading,
    LabelReading,
    ValueReading,
    values_of,
)

NAMES = ("cat", "dog", "owl")
LOGITS = np.array([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]])
SOFTMAX = np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)


def reading(names=NAMES, count=3, function="softmax", is_binary=False):
    return ClassReading(names, count, function, is_binary=is_binary)


@pytest.mark.parametrize(
    "y",
    [
        [0, 2, 1],
        np.array([[0], [2], [1]], "uint8"),
        [0.0, 2.0, 1.0],
        ["cat", "owl", "dog"],
        np.array([b"cat", b"owl", b"dog"]),
        pd.Series(["cat", "owl", "dog"], dtype="category"),
        np.eye(3)[[0, 2, 1]],
        np.eye(3, dtype=bool)[[0, 2, 1]],
    ],
)
def test_labels_of_every_form(y):
    labels = reading().labels(y)
    assert labels.values.tolist() == [0, 2, 1] and labels.present.all()


@pytest.mark.parametrize(
    "y", [[-1, 2], [np.nan, 2.0], [None, "owl"], [[np.nan] * 3, [0, 0, 1]], ["", "owl"]]
)
def test_missing_labels_are_marked(y):
    labels = reading().labels(y)
    assert labels.present.tolist() == [False, True] and labels.values[1] == 2


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([0, 3], r"holds the class 3 in row 1; the model has 3 classes, 0 to 2\. 1 of 2 rows"),
        ([0, -2], "the class -2 in row 1"),
        ([0.5, 1.0], "whole numbers"),
        (["cat", "dgo"], "unknown class 'dgo' in row 1.*Did you mean 'dog'"),
        (np.zeros((2, 4)), r"shape \(2, 4\).*expected \(2,\)"),
        ([[0.2, 0.8, 0.0], [0, 1, 0]], r"must be one-hot.*row 0: \[0\.2, 0\.8, 0\.0\]"),
        ([[1, 1, 0]], "single 1 in each row"),
        ([["cat", "dog"]], "one name for each row"),
    ],
)
def test_labels_that_do_not_fit(y, message):
    with pytest.raises(InvalidLabels, match=message):
        reading().labels(y)


def test_names_need_names():
    with pytest.raises(InvalidLabels, match=r"knows no names.*`classes=\[\.\.\.\]`, 3 names"):
        reading(None).labels(["cat", "dog"])


@pytest.mark.parametrize(
    ("function", "outputs", "expected"),
    [
        ("softmax", SOFTMAX, SOFTMAX),
        (None, SOFTMAX.astype("float16"), SOFTMAX),
        ("linear", LOGITS, SOFTMAX),
        (None, LOGITS, SOFTMAX),
        ("linear", LOGITS[:, None, None], SOFTMAX),
        ("linear", 1000 * LOGITS, [[1, 0, 0], [0, 1, 0]]),
        ("sigmoid", [[0.5, 0.25, 0.25], [0.0, 0.0, 0.0]], [[0.5, 0.25, 0.25], [1 / 3] * 3]),
    ],
)
def test_outputs_become_probabilities(function, outputs, expected):
    found = reading(function=function).predictions(np.array(outputs))
    assert found == pytest.approx(np.array(expected), abs=1e-3)
    assert found.sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("function", "outputs"), [("sigmoid", [0.2, 0.5]), (None, [[0.2], [0.5]]), ("linear", None)]
)
def test_one_output_is_the_probability_of_the_second_class(function, outputs):
    outputs = np.log([[0.25], [1.0]]) if outputs is None else outputs
    binary = reading(("no", "yes"), 2, function, is_binary=True)
    found = binary.predictions(np.array(outputs))
    assert found == pytest.approx(np.array([[0.8, 0.2], [0.5, 0.5]]))
    assert found.argmax(axis=1).tolist() == [0, 0]  # as in Keras, .5 is no
    assert binary.labels(["yes", "no"]).values.tolist() == [1, 0]
    assert binary.labels(np.array([[0.0, 1.0], [1, 0]])).values.tolist() == [1, 0]
    with pytest.raises(InvalidLabels, match="the class -1 in row 0"):
        binary.labels([-1, 1])


def test_places_are_refused():
    with pytest.raises(ValueError, match="several places in a row"):
        reading().predictions(np.ones((2, 4, 4, 3)))


def test_classes_of_any_value():
    values = ValueReading(np.array([3, 5, 9]), None)
    assert values.names == ("3", "5", "9")
    assert values.labels([5, 3.0, 9]).values.tolist() == [1, 0, 2]
    assert values.labels([np.nan, 9]).present.tolist() == [False, True]
    with pytest.raises(InvalidLabels, match=r"the class 4 in row 1; the predictor has the classes"):
        values.labels([3, 4])
    named = ValueReading(np.array(["a", "b"], object), ("cat", "dog"))
    assert named.labels(["b", "cat", None]).values.tolist() == [1, 0, 0]
    with pytest.raises(InvalidLabels, match=r"expected \(3,\): one class"):
        values.labels(np.eye(3))


def test_labels_as_predictions():
    values = values_of(["b", "a", None], np.array(["c", "a"]))
    assert values.tolist() == ["a", "b", "c"]
    labels = LabelReading(values, None)
    assert labels.predictions(np.array(["c", "a"])).tolist() == [[0, 0, 1], [1, 0, 0]]
    with pytest.raises(InvalidLabels, match="of several types"):
        values_of(["a"], [1, 2])

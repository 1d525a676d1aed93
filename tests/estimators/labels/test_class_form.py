import keras
import numpy as np
import pandas as pd
import pytest

from keras_mtl.errors import InvalidLabels
from keras_mtl.estimators.labels.class_form import ClassForm


@pytest.fixture
def outputs():
    values = np.random.default_rng(0).random((5, 3))
    return values / values.sum(axis=1, keepdims=True)


def test_values_are_positions_among_the_sorted_classes():
    form, values = ClassForm.read(["b", "c", "a", "b"], 4)
    assert form.classes.tolist() == ["a", "b", "c"]
    assert values.tolist() == [1, 2, 0, 1]
    assert form.head("auto").classes == ("a", "b", "c")
    assert form.decode(np.eye(3)[values]).tolist() == ["b", "c", "a", "b"]
    numbers, _ = ClassForm.read([3, 1], 2)
    assert (numbers.head("auto").units, numbers.head("auto").classes) == (2, None)


@pytest.mark.parametrize(
    "y, dtype",
    [
        (pd.Series([3, 1, 3], dtype="Int64"), "int64"),
        (pd.Categorical([3, 1, 3]), "int64"),
        (pd.Series([True, False, True], dtype="boolean"), "bool"),
        (np.array([True, False, True], object), "bool"),
        (pd.Series(["b", "a", "b"], dtype="string"), "object"),
        (np.array(["2020-01-02", "2020-01-01", "2020-01-02"], "datetime64[D]"), "datetime64[D]"),
        ([2.0, 1.0, 2.0], "float64"),
    ],
    ids=str,
)
def test_classes_keep_their_type(y, dtype):
    form, values = ClassForm.read(y, 3)
    assert (values.tolist(), form.classes.dtype) == ([1, 0, 1], dtype)


@pytest.mark.parametrize(
    "y, message",
    [
        (np.array([b"a", b"b", b"a"]), "decoded by"),
        (np.array([b"a", b"b", b"a"], object), "decoded by"),
        ([1j, 2, 3], "complex128"),
        (pd.Series([1, None, 2], dtype="Int64"), "no label in row 1"),
        (pd.Series(["a", None, "b"]), "no label in row 1"),
        ([[1, 2], [1, 2], [1, 2]], r"Received the shape: \(3, 2\)"),
        ([1.5, 2.5, 1.5], "Unknown label type: continuous"),
    ],
    ids=str,
)
def test_what_names_no_class_is_refused(y, message):
    with pytest.raises(InvalidLabels, match=message):
        ClassForm.read(y, 3)


def test_metrics_are_those_of_keras(outputs):
    form, values = ClassForm.read([0, 1, 2, 2, 1], 5)
    weights = np.arange(1.0, 6)
    head = form.head("auto")
    losses = keras.losses.sparse_categorical_crossentropy(values, outputs)
    accuracy = head.make_metrics()[0]
    accuracy.update_state(values, outputs, weights)
    found = form.metrics(values, outputs, weights)
    losses = keras.ops.convert_to_numpy(losses)
    assert found["loss"] == pytest.approx(np.average(losses, weights=weights), rel=1e-5)
    assert found["accuracy"] == pytest.approx(float(accuracy.result()), rel=1e-5)
    assert form.gains(values, outputs, np.ones(1)).mean() == np.mean(outputs.argmax(1) == values)


def test_activation_is_a_softmax():
    form, _ = ClassForm.read([0, 1], 2)
    linear = np.array([[0.0, np.log(3)], [800.0, 0.0]])
    np.testing.assert_allclose(form.activate(linear), [[0.25, 0.75], [1, 0]])


def test_what_is_enough():
    form, _ = ClassForm.read([0, 1, 2], 3)
    assert form.is_enough(np.array([0, 2]))
    with pytest.raises(InvalidLabels, match=r"one class only, .*1.*2 sample\(s\)"):
        form.check(np.array([1, 1]))
    assert form.can_rank(np.array([0, 1, 1]))
    assert not form.can_rank(np.array([0, 1, 2]))


def test_further_labels_have_the_same_positions():
    form, _ = ClassForm.read(["a", "b", "c"], 3)
    assert form.values_of(["c", "a", "c"], 3).tolist() == [2, 0, 2]
    numbers, _ = ClassForm.read([3, 5], 2)
    assert numbers.values_of([5.0, 5.0], 2).tolist() == [1, 1]
    with pytest.raises(InvalidLabels, match=r"classes \['d'\]: they are not.*\['a', 'b', 'c'"):
        form.values_of(["a", "d"], 2)


def test_draws_hold_a_share_of_each_class():
    form, values = ClassForm.read(["a", "c", "a"], 3)
    assert form.strata(values).tolist() == [0, 1, 0]


def test_predicted_labels_gain_what_outputs_gain(outputs):
    form, values = ClassForm.read([0, 1, 2, 2, 1], 5)
    gains = form.gains_of_labels(values, form.decode(outputs), np.ones(1))
    assert gains.tolist() == form.gains(values, outputs, np.ones(1)).tolist()
    assert form.gains_of_labels(values, np.array(["x"] * 5), np.ones(1)).tolist() == [0] * 5

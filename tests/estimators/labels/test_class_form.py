import keras
import numpy as np
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

import numpy as np
import pytest

from keras_mtl.errors import InvalidLabels
from keras_mtl.estimators.labels.number_form import NumberForm


def test_numbers_keep_their_shape():
    flat, values = NumberForm.read([1, 2.5], 2)
    assert values.tolist() == [[1], [2.5]]
    assert flat.decode(values).tolist() == [1, 2.5]
    columns, values = NumberForm.read(np.ones((2, 3)), 2)
    assert columns.head("auto").units == 3
    assert columns.decode(values).shape == (2, 3)


def test_metrics_are_those_of_keras():
    generator = np.random.default_rng(0)
    values, outputs = generator.normal(size=(2, 5, 2))
    form, _ = NumberForm.read(values, 5)
    weights = np.arange(1.0, 6)
    head = form.head("auto")
    loss = head.make_loss()(values, outputs, weights) / weights.mean()
    found = form.metrics(values, outputs, weights)
    assert found["loss"] == pytest.approx(float(loss), rel=1e-5)
    (error,) = head.make_metrics()
    error.update_state(values, outputs, weights)
    assert found["mae"] == pytest.approx(float(error.result()), rel=1e-5)


def test_gains_are_the_coefficient_of_determination():
    values = np.array([[1.0], [2.0], [4.0]])
    form, _ = NumberForm.read(values, 3)
    mean = np.full((3, 1), values.mean())
    assert form.gains(values, mean, values.std(axis=0)).mean() == pytest.approx(0)
    assert form.gains(values, values, values.std(axis=0)).tolist() == [1, 1, 1]


def test_what_is_enough():
    form, _ = NumberForm.read([1.0, 1.0, 1.0], 3)
    assert form.can_rank(np.array([[1.0], [2.0], [3.0]]))
    assert not form.can_rank(np.ones((3, 1)))
    with pytest.raises(InvalidLabels, match="two samples"):
        form.check(np.ones((1, 1)))


def test_further_labels_have_the_same_shape():
    form, values = NumberForm.read([1.0, 2.0], 2)
    assert form.values_of([3, 4], 2).tolist() == [[3], [4]]
    assert form.strata(values).tolist() == [0, 0]
    with pytest.raises(InvalidLabels, match=r"shape \(2, 2\), but `y` has one number"):
        form.values_of(np.ones((2, 2)), 2)


def test_predicted_labels_gain_what_outputs_gain():
    for y in (np.array([1.0, 2.0, 4.0]), np.array([[1.0, 3], [2, 2], [4, 1]])):
        form, values = NumberForm.read(y, 3)
        outputs, scale = values[::-1], values.std(axis=0)
        gains = form.gains_of_labels(values, form.decode(outputs), scale)
        assert gains.tolist() == form.gains(values, outputs, scale).tolist()

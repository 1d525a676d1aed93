import numpy as np
import pytest

from keras_mtl.comparing.label_counts import check_classes, check_label_counts, round_counts
from keras_mtl.errors import InvalidLabels
from keras_mtl.estimators.labels.class_form import ClassForm
from keras_mtl.estimators.labels.number_form import NumberForm

Y = np.repeat(["ash", "bay", "cob"], [40, 40, 20])
FORM, VALUES = ClassForm.read(Y, 100)


@pytest.mark.parametrize(
    ("least", "most", "expected"),
    [
        (20, 1437, [20, 100, 500, 1437]),
        (10, 100, [10, 20, 50, 100]),
        (10, 60000, [10, 200, 5000, 60000]),
        (10, 12, [12]),
        (10, 10, [10]),
        (200, 150, [150]),
        (26, 400, [26, 50, 200, 400]),
    ],
)
def test_round_numbers(least, most, expected):
    assert round_counts(least, most) == expected


def test_numbers_that_are_given():
    assert check_label_counts("auto", FORM, VALUES, 100) == [10, 20, 50, 100]
    assert check_label_counts(50, FORM, VALUES, 100) == [50]
    assert check_label_counts(np.array([50, 3]), FORM, VALUES, 100) == [3, 50]
    assert check_label_counts(range(2, 4), *NumberForm.read(np.arange(9.0), 9), 9) == [2, 3]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([2, 50], "between 3 and 80: each class needs a label.*Received: 2"),
        ([50, 81], "what folds leave of the 100 in `y`. Received: 81"),
        ([50, 50], r"`labels` has \[50\] twice"),
        ("all", "is \"auto\", a number of labels or a list.*Received: 'all'"),
        ([], "a list of such numbers"),
        ([10, 0.5], "a list of such numbers"),
    ],
)
def test_numbers_that_are_refused(labels, message):
    with pytest.raises(ValueError, match=message):
        check_label_counts(labels, FORM, VALUES, 80)


def test_a_class_that_cannot_be_split():
    form, values = ClassForm.read(["a", "a", "b", "b", "c"], 5)
    with pytest.raises(InvalidLabels, match=r"one row only of 'c'\. .*give `test`"):
        check_classes(form, form.classes.tolist(), values)
    check_classes(FORM, FORM.classes.tolist(), VALUES)

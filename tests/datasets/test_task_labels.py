"""The labels of one task, some of which may be missing."""

import numpy as np
import pytest

from keras_mtl.datasets.task_labels import TaskLabels

PRESENT = np.array([True, True, False, True])


def test_gaps_are_what_fit_takes_for_a_missing_label():
    classes = TaskLabels(np.array([0, 2, 1, 1], "int32"), PRESENT)
    numbers = TaskLabels(np.array([0.5, 2, 1, 1], "float32"), PRESENT, "regression")
    here = np.array([True, False, True, True])
    assert classes.with_gaps(here).tolist() == [0, -1, -1, 1]
    np.testing.assert_array_equal(numbers.with_gaps(here), np.float32([0.5, np.nan, np.nan, 1]))
    assert classes.at(np.array([3, 1])).values.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("values", "kind", "classes", "units"),
    [
        (np.array([0, 2, 9, 1], "int32"), "classification", None, 3),  # The 9 is missing.
        (np.array([0, 0, 0, 1], "int32"), "classification", ("black", "blond", "red"), 3),
        (np.array([0, 0, 0, 0], "int32"), "classification", None, 2),
        (np.zeros(4, "float32"), "binary", None, 1),
        (np.zeros((4, 5), "float32"), "multilabel", None, 5),
        (np.zeros((4, 2), "float32"), "regression", None, 2),
    ],
)
def test_a_head_fits_the_labels(values, kind, classes, units):
    head = TaskLabels(values, PRESENT, kind, classes).head(dropout=0.1)
    assert (head.units, head.kind) == (units, kind)
    assert head.classes == classes or list(head.classes) == list(classes)
    assert head.dropout == 0.1

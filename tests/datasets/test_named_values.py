import numpy as np
import pytest

from keras_mtl.datasets.named_values import numbered
from keras_mtl.errors import InvalidLabels


@pytest.mark.parametrize(
    ("values", "classes", "codes", "present", "names"),
    [
        (["b", "", b"a", None], None, [1, 0, 0, 0], [1, 0, 1, 0], ("a", "b")),
        (["b", "a"], ["b", "a"], [0, 1], [1, 1], ("b", "a")),
        ([0, 2, -1, 1], None, [0, 2, 0, 1], [1, 1, 0, 1], None),
        ([30, 7, 30], None, [1, 0, 1], [1, 1, 1], ("7", "30")),
        ([1.0, float("nan")], ["no", "yes"], [1, 0], [1, 0], ("no", "yes")),
    ],
)
def test_values_become_numbers_of_classes(values, classes, codes, present, names):
    text = any(isinstance(value, str) for value in values)
    array = np.array(values, object) if text else np.array(values)
    found = numbered(array, classes, "task")
    assert (found[0] * found[1]).tolist() == codes and found[0].dtype == np.int32
    assert found[1].tolist() == list(map(bool, present)) and found[2] == names


@pytest.mark.parametrize(
    ("values", "classes", "message"),
    [
        ([0.5], None, "whole numbers"),
        ([0, 3], ["a", "b"], "names 2 classes"),
        (["rde"], ["red"], "Did you mean 'red'"),
    ],
)
def test_values_that_are_no_classes_are_refused(values, classes, message):
    array = np.array(values, object if isinstance(values[0], str) else None)
    with pytest.raises(InvalidLabels, match=message):
        numbered(array, classes, "task")

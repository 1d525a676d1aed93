"""The rules that all readers of labels share."""

import numpy as np
import pytest

from keras_mtl.common.label_arrays import are_whole, class_indices, label_array
from keras_mtl.errors import InvalidLabels


def test_labels_have_a_row_for_each_sample():
    assert label_array([0, 1], "`y`").tolist() == [0, 1]
    with pytest.raises(InvalidLabels, match=r"`y` must have a row for each sample.* one value: 3"):
        label_array(3, "`y`")
    with pytest.raises(InvalidLabels, match="LabelEncoder"):
        label_array(["cat", "dog"], "`y`")


def test_whole_numbers_are_classes_whatever_their_dtype():
    assert are_whole(np.array([0, 1], "uint8")) and are_whole(np.array([True, False]))
    assert are_whole(np.array([0.0, 1e6])) and not are_whole(np.array([0.0, 0.5]))
    assert class_indices(np.array([2.0, 1.0]), "`y`").dtype == "int32"
    assert class_indices(np.array([2, 1], "uint8"), "`y`").dtype == "uint8"
    message = r"`y` must be whole numbers.*1 of 4 .* index \(1, 0\) is 0\.5"
    with pytest.raises(InvalidLabels, match=message):
        class_indices(np.array([[0.0, 1.0], [0.5, 2.0]]), "`y`")

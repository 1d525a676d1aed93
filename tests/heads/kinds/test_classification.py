import keras
import numpy as np
import pytest

from keras_mtl import Head
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.kinds.known_kinds import KINDS

KIND = KINDS.find("classification")
OUTPUTS = np.array([[0.1, 0.7, 0.2], [0.6, 0.3, 0.1]])


def test_the_likeliest_class_is_the_prediction():
    assert Head(3).decode(OUTPUTS).tolist() == [1, 0]
    assert Head(3).decode(OUTPUTS.tolist()).tolist() == [1, 0]
    assert Head(3).decode(keras.ops.convert_to_tensor(OUTPUTS)).tolist() == [1, 0]
    assert Head(3, pooling="none").decode(OUTPUTS[None]).tolist() == [[1, 0]]


def test_every_output_is_a_class_of_which_there_are_two_at_least():
    assert KIND.num_classes(3) == 3
    with pytest.raises(ValueError, match="at least 2 classes"):
        Head(1)


def test_whole_floats_are_classes_and_minus_one_is_missing():
    labels = KIND.check_labels(np.array([2.0, 0.0]), 3, (), "`y`")
    assert labels.dtype == "int32" and labels.tolist() == [2, 0]
    assert KIND.missing_label == -1
    with pytest.raises(InvalidLabels, match="holds the class -1"):
        KIND.check_labels(np.array([-1, 0]), 3, (), "`y`")


def test_one_hot_labels_are_recognised():
    with pytest.raises(InvalidLabels, match=r"one-hot, pass `y\.argmax\(-1\)`"):
        KIND.check_labels(np.eye(3), 3, (), "`y`")


@pytest.mark.parametrize(
    ("labels", "message"),
    [([0, 1, 2, 3], "class of its own"), ([0.5, 1, 1, 0], "whole numbers"), ([1] * 4, "one class")],
)
def test_classes_that_no_probe_can_tell_apart_are_refused(labels, message):
    with pytest.raises(InvalidLabels, match=message):
        KIND.probe_targets(np.asarray(labels), 4)

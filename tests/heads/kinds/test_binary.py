import numpy as np
import pytest

from keras_mtl import Head
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.kinds.known_kinds import KINDS

KIND = KINDS.find("binary")


def test_yes_is_predicted_where_it_is_likelier():
    assert Head(1, "binary").decode(np.array([[0.2], [0.7]])).tolist() == [[0], [1]]
    assert Head(1, "binary", from_logits=True).decode([[-0.1], [0.1]]).tolist() == [[0], [1]]


def test_one_output_stands_for_two_classes():
    assert KIND.num_classes(1) == 2
    with pytest.raises(ValueError, match=r'`Head\(3, "multilabel"\)`'):
        Head(3, "binary")


def test_labels_may_be_probabilities_but_not_minus_one():
    labels = np.array([0.0, 0.3, 1.0])
    assert KIND.check_labels(labels, 1, (), "`y`") is labels
    with pytest.raises(InvalidLabels, match="holds -1; yes-or-no labels are 0 and 1"):
        KIND.check_labels(np.array([-1, 1]), 1, (), "`y`")


def test_probes_take_two_classes():
    assert KIND.probe_targets(np.array([7, 3, 7]), 3).values.tolist() == [1, 0, 1]
    with pytest.raises(InvalidLabels, match=r"two classes where it is binary\. Received: 3"):
        KIND.probe_targets(np.array([0, 1, 2, 1]), 4)

import numpy as np
import pytest

from keras_mtl import Head
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.kinds.known_kinds import KINDS

KIND = KINDS.find("multilabel")


def test_each_output_is_decoded_alone():
    outputs = np.array([[0.1, 0.7, 0.2], [0.6, 0.3, 0.9]])
    assert Head(3, "multilabel").decode(outputs).tolist() == [[0, 1, 0], [1, 0, 1]]
    assert KIND.num_classes(3) is None


def test_probes_take_columns_of_0_and_1():
    columns = [[0, 1], [1, 1], [0, 0]]
    assert KIND.probe_targets(np.array(columns), 3).values.tolist() == columns
    rare = [[0, 0], [1, 0], [0, 0]]
    assert KIND.probe_targets(np.array(rare), 3).values.tolist() == rare
    with pytest.raises(InvalidLabels, match="No column of `y` varies"):
        KIND.probe_targets(np.array([[0, 1], [0, 1], [0, 1]]), 3)
    with pytest.raises(InvalidLabels, match=r"0 and 1 only.*\[0\.0, 1\.0, 2\.0\]"):
        KIND.probe_targets(np.array([[0, 1], [1, 2], [0, 0]]), 3)
    with pytest.raises(InvalidLabels, match=r"4\.0\] \.\.\."):
        KIND.probe_targets(np.arange(12).reshape(6, 2), 6)

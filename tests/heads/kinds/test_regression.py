import numpy as np
import pytest

from keras_mtl import Head
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.kinds.known_kinds import KINDS

KIND = KINDS.find("regression")


def test_outputs_are_the_numbers():
    outputs = np.array([[0.5, -2.0]])
    assert Head(2, "regression").decode(outputs).tolist() == outputs.tolist()
    assert KIND.num_classes(2) is None and KIND.label_bounds(2) is None


def test_one_number_needs_no_column():
    assert KIND.label_shapes(1, ()) == [(), (1,)]
    assert KIND.label_shapes(2, ()) == [(2,)]


def test_probes_take_numbers_that_vary():
    assert KIND.probe_targets(np.array([1.5, 2.5]), 2).columns.tolist() == [[1.5], [2.5]]
    with pytest.raises(InvalidLabels, match="must vary"):
        KIND.probe_targets(np.array([1.5, 1.5]), 2)
    with pytest.raises(InvalidLabels, match="each of the 4 samples"):
        KIND.probe_targets(np.array([1.5, 2.5]), 4)

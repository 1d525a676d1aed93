import numpy as np
import pytest

from keras_mtl.errors import InvalidLabels
from keras_mtl.explaining.number_reading import NumberReading


def test_numbers_in_columns():
    one, two = NumberReading(1), NumberReading(2, ["a", "b"])
    assert one.labels([1, 2]).values.tolist() == [[1], [2]]
    labels = two.labels([[1, 2], [np.nan, 3], [None, None]])
    assert labels.present.tolist() == [True, False, False]
    assert two.badness(labels, np.ones((3, 2))).tolist() == [1, 0, 0]
    assert one.predictions(np.ones(3, "float32")).shape == (3, 1)
    assert one.names == ["y"] and NumberReading(2).names == ["y0", "y1"]


def test_numbers_that_do_not_fit():
    with pytest.raises(InvalidLabels, match=r"predicts 2 numbers for each row.*\(3, 2\)"):
        NumberReading(2).labels([1, 2, 3])
    with pytest.raises(InvalidLabels, match="1 infinite"):
        NumberReading(1).labels([1, np.inf])

import numpy as np
import pytest

from keras_mtl.engines.parity import largest_difference

NAN, INF = np.nan, np.inf


@pytest.mark.parametrize(
    ("expected", "actual", "difference"),
    [
        ([[4.0, -8.0]], [[4.0, -8.0]], 0.0),
        ([[4.0, -8.0]], [[4.0, -7.6]], 0.05),  # of the largest number, whatever its sign
        ([[1e-20, 0.0]], [[1e-20, 1e-22]], 0.01),  # tiny features have a tiny scale
        ([[100.0, 1.0], [1.0, 0.5]], [[100.0, 1.0], [1.0, 0.4]], 0.1),  # each its own scale
        ([[True, False]], [[True, True]], 1.0),  # a mask
        ([[NAN, INF, 1.0]], [[NAN, INF, 1.0]], 0.0),
        ([[NAN, 1.0]], [[0.0, 1.0]], INF),
        ([[0.0, 0.0]], [[0.0, 1e-9]], INF),
        ([[1.0, 2.0]], [[1.0]], INF),
        ([[]], [[]], 0.0),
    ],
)
def test_the_difference_is_a_fraction_of_the_scale(expected, actual, difference):
    given = largest_difference([np.array(one) for one in expected], [np.array(a) for a in actual])
    assert given == pytest.approx(difference)

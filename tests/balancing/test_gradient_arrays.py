"""What `combine` takes, checked."""

import numpy as np
import pytest

from keras_mtl.balancing import UPGrad
from keras_mtl.balancing.gradient_arrays import checked_gradients, checked_losses, checked_mean

MATRIX = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 0.0]])


def test_arrays_keep_their_floats_and_lists_get_those_of_keras():
    assert checked_gradients(UPGrad(), MATRIX)[1].dtype == np.float64
    assert checked_gradients(UPGrad(), MATRIX.tolist())[1].dtype == np.float32
    np.testing.assert_array_equal(checked_losses(None, MATRIX), [1, 1])
    np.testing.assert_array_equal(checked_mean(None, MATRIX), [0, 0, 0])


@pytest.mark.parametrize("given", [1.0, [1.0, 2.0], "gradients", [[]], None], ids=str)
def test_what_is_no_matrix_is_refused(given):
    with pytest.raises(ValueError, match=r"of the shape \(tasks, parameters\)"):
        checked_gradients(UPGrad(), given)


def test_values_that_are_not_finite_are_named():
    spoiled = MATRIX.copy()
    spoiled[1, 2] = np.nan
    with pytest.raises(ValueError, match="not finite in the row of"):
        checked_gradients(UPGrad(), spoiled)
    with pytest.raises(ValueError, match=r"`losses` is .* of the shape \(tasks,\), here \(2,\)"):
        checked_losses([1.0, np.inf], MATRIX)
    with pytest.raises(ValueError, match=r"`mean` is .* \(parameters,\), here \(3,\)"):
        checked_mean([1.0], MATRIX)

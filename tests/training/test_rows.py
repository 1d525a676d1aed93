"""Masks and weights of several ranks become one."""

import keras
import numpy as np
import pytest

from _watching import as_numpy
from keras_mtl.keras_private.graphs import get_keras_mask, set_keras_mask
from keras_mtl.training.rows import Rows, of_rank, rank_of, times, with_real_steps

tensor = keras.ops.convert_to_tensor
ROWS = np.array([True, False])
STEPS = np.array([[True, False, True], [True, True, True]])


@pytest.mark.parametrize(
    ("one", "other"),
    [(ROWS, STEPS), (STEPS, ROWS), (ROWS, ROWS), (np.ones((2, 3, 4), bool), STEPS)],
)
def test_masks_of_several_ranks(one, other):
    rank = max(one.ndim, other.ndim)
    whole = [array.reshape(array.shape + (1,) * (rank - array.ndim)) for array in (one, other)]
    found = times(tensor(one), tensor(other))
    np.testing.assert_array_equal(as_numpy(found), whole[0] & whole[1])
    np.testing.assert_array_equal(
        as_numpy(times(tensor(one), tensor(other.astype("float32")))), whole[0] * whole[1]
    )


def test_none_stands_for_all_ones():
    assert times(None, None) is None and times(ROWS, None) is ROWS and times(None, ROWS) is ROWS
    assert (rank_of(None), rank_of(STEPS)) == (0, 2)
    assert of_rank(STEPS, 1) is STEPS and of_rank(tensor(ROWS), 3).shape == (2, 1, 1)


def test_the_mask_of_predictions_is_taken_over():
    y_pred = tensor(np.zeros((2, 3, 5), "float32"))
    set_keras_mask(y_pred, tensor(STEPS))

    rows = with_real_steps(Rows(None, tensor(ROWS), 2, 1), y_pred)

    assert get_keras_mask(y_pred) is None
    np.testing.assert_array_equal(as_numpy(rows.counted), STEPS & ROWS[:, None])
    assert [float(as_numpy(count)) for count in rows.counts] == [6, 2]
    assert [float(as_numpy(count)) for count in Rows(None, ROWS, 2, 1).counts] == [2, 1]

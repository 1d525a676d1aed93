import numpy as np
import pytest

from keras_mtl.datasets.label_columns import label_column


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ([0, 2, -1, 1], [0, 0, 1, 0]),
        ([-1, 1, 1], [0, 0, 0]),  # no and yes
        ([-5, -1, 3, 4], [0, 0, 0, 0]),  # measured
        ([0.5, np.nan], [0, 1]),
        ([[0.5, 1], [1, np.nan]], [0, 1]),
        (np.array(["a", "", None, np.nan], object), [0, 1, 1, 1]),
        (np.ma.masked_array([3, 4], [False, True]), [0, 1]),
    ],
)
def test_where_a_label_is_missing(values, missing):
    array = values if isinstance(values, np.ndarray) else np.array(values)
    assert label_column(array)[1].tolist() == list(map(bool, missing))
    if array.dtype.kind == "i" and not isinstance(array, np.ma.MaskedArray):
        assert not label_column(array, measured=True)[1].any()

import numpy as np
import pytest

from keras_mtl.comparing.repeated_rows import check_repeated
from keras_mtl.errors import InvalidFeatures

ROWS = np.random.default_rng(0).integers(255, size=(20, 6))


def test_rows_that_were_trained_on():
    check_repeated([ROWS[:10]], [ROWS[10:]])
    leaking = np.concatenate([ROWS[10:], ROWS[3:5]]).astype("float64")
    with pytest.raises(InvalidFeatures, match=r"2 of the 12 test rows.*such as.*\[10, 11\]"):
        check_repeated([ROWS[:10].astype("uint8")], [leaking])


def test_all_inputs_count():
    texts = np.array([f"row {i}" for i in range(20)], object)
    with pytest.raises(InvalidFeatures, match="1 of the 1 test rows"):
        check_repeated([ROWS, texts], [ROWS[4:5], texts[4:5]])
    check_repeated([ROWS, texts], [ROWS[4:5], texts[5:6]])


def test_data_of_few_values_are_alike_by_chance():
    few = np.random.default_rng(1).integers(3, size=(60, 2))
    with pytest.warns(UserWarning, match="rows of `x` are there twice, so it may be by chance"):
        check_repeated([few[:40]], [few[40:]])

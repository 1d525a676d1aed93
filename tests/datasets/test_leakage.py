import warnings

import numpy as np
import pytest

from keras_mtl.datasets.frame_inputs import RawColumn
from keras_mtl.datasets.leakage import check_no_target, warn_of_copies
from keras_mtl.datasets.task_labels import TaskLabels
from keras_mtl.errors import InvalidTaskData

ROWS = 40
SEX = np.arange(ROWS) % 2
PRESENT = np.ones(ROWS, bool)


def warned(values, labels, kind="classification", missing=None):
    gaps = np.zeros(ROWS, bool) if missing is None else missing
    raw = {"it": RawColumn("it", np.asarray(values), gaps)}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_copies(raw, {"sex": TaskLabels(labels, PRESENT, kind)})
    return [str(one.message) for one in caught]


def test_copies_in_other_words():
    (message,) = warned(np.array(["m", "w"], object)[SEX], SEX.astype(np.int32))
    assert "'it' tells the labels of the task 'sex' exactly" in message
    assert warned(SEX * -3.5, SEX) and warned(SEX == 0, SEX)
    gaps = np.arange(ROWS) == 3
    assert warned(np.where(gaps, 9, SEX), SEX, missing=gaps)
    numbers = np.linspace(0, 1, ROWS).astype(np.float32)
    assert warned(numbers.astype(np.float64), numbers, "regression")


def test_what_is_no_copy():
    almost = SEX.copy()
    almost[0] = 1
    numbers = np.linspace(0, 1, ROWS)
    for values in (almost, np.arange(ROWS), np.zeros(ROWS), SEX + 2 * (np.arange(ROWS) % 4 < 2)):
        assert warned(values, SEX) == []
    assert warned(numbers, numbers.astype(np.float32)[::-1], "regression") == []
    assert warned(np.array(["a"] * ROWS, object), numbers.astype(np.float32), "regression") == []


def test_a_target_among_the_inputs():
    check_no_target(["age"], {"sex": ("sex",)})
    with pytest.raises(InvalidTaskData, match="'blond', which has the labels of the task 'hair'"):
        check_no_target(["age", "blond"], {"sex": ("sex",), "hair": ("black", "blond")})

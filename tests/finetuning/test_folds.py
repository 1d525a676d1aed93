import numpy as np
import pytest

from keras_mtl.finetuning.folds import held_out_parts


def parts(classes, count=5):
    classes = None if classes is None else np.asarray(classes)
    rows = 23 if classes is None else len(classes)
    return held_out_parts(classes, rows, count, seed=0)


@pytest.mark.parametrize("classes", [None, [0, 1] * 11 + [0], [7] * 20 + [10**9] * 3])
def test_parts_are_apart_and_hold_nearly_as_many_rows_of_each_class(classes):
    found = parts(classes)
    assert sorted(np.concatenate(found).tolist()) == list(range(23))
    for one in [None] if classes is None else np.unique(classes):
        counts = [len(p) if one is None else (np.array(classes)[p] == one).sum() for p in found]
        assert max(counts) - min(counts) <= 1


def test_a_class_keeps_a_row_outside_of_every_part():
    classes = np.array([0, 0, 1, 2, 2, 2, 3])
    found = parts(classes)
    for part in found:
        assert set(np.delete(classes, part)) == {0, 1, 2, 3}
    held_out = set(np.concatenate(found).tolist())
    assert held_out == {0, 1, 3, 4, 5}


def test_lonely_rows_are_in_no_part():
    assert parts([0, 1, 2]) == []
    assert held_out_parts(None, 1, 5, seed=0) == []

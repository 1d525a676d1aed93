import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as arrays

from keras_mtl.datasets.one_of_columns import is_yes_or_no, one_class
from keras_mtl.errors import InvalidLabels

NAMES = ["black", "blond", "brown"]


@given(arrays.arrays(bool, (8, 3)))
def test_the_column_that_is_yes_is_the_class(columns):
    gaps = np.arange(8) == 7
    for form in (columns, columns.astype("int8"), columns * 2 - 1, columns.astype(float)):
        made = one_class(form, gaps, NAMES, "hair", "missing")
        for row, known in enumerate(made.labels.present.tolist()):
            assert known == (columns[row].sum() == 1 and not gaps[row])
            if known:
                assert columns[row, made.labels.values[row]]
        assert not made.dropped.any() and made.labels.classes == tuple(NAMES)
        dropped = one_class(form, gaps, NAMES, "hair", "drop").dropped
        assert (dropped == ~made.labels.present).all()


def test_what_is_unclear_is_counted_and_said():
    columns = np.array([[1, 0, 0], [0, 0, 0], [1, 1, 0], [0, 0, 1]])
    gaps = np.zeros(4, bool)
    note = one_class(columns, gaps, NAMES, "hair", "drop").note
    assert note.startswith(
        "2 of 4 rows have no class of `hair`: 1 have none of ['black', 'blond', 'brown'], 1 have"
    )
    assert note.endswith("were left out.")
    with pytest.raises(InvalidLabels, match=r"such as the rows \[1, 2\].*unclear=\"drop\""):
        one_class(columns, gaps, NAMES, "hair", "error")
    assert one_class(columns[[0, 3]], gaps[:2], NAMES, "hair", "error").note == ""
    with pytest.raises(ValueError, match="names each of the 3 columns"):
        one_class(columns, gaps, ["a", "b"], "hair")


def test_yes_and_no_in_numbers():
    for values in ([0, 1], [-1, 1], [1.0, np.nan], [True, False]):
        assert is_yes_or_no(np.array(values))
    for values in ([0, 2], [-1, 0, 1], [0.5], ["1"]):
        assert not is_yes_or_no(np.array(values))

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.datasets.value_labels import labels_of_values
from keras_mtl.errors import InvalidLabels, InvalidTaskData


def labels_of(values, missing=None, kind=None, classes=None):
    values = np.asarray(values)
    if values.dtype.kind == "U":
        values = values.astype(object)
    gaps = np.zeros(len(values), bool) if missing is None else np.asarray(missing)
    return labels_of_values(values, gaps, "it", kind, classes)


@given(st.lists(st.sampled_from(["red", "green", "blue"]), min_size=2), st.data())
def test_names_of_classes_say_what_was_given(values, data):
    missing = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    there = {value for value, gap in zip(values, missing, strict=True) if not gap}
    if len(there) < 2:
        return
    known = labels_of(values, missing)
    assert known.kind == "classification" and known.classes == tuple(sorted(there))
    names = np.array(known.classes)[known.values]
    assert known.present.tolist() == [not gap for gap in missing]
    assert all(n == v for n, v, p in zip(names, values, known.present, strict=True) if p)


def test_the_kind_is_told_by_the_values():
    counted = labels_of([0, 1, 2, 1, 0, 2])
    assert (counted.kind, counted.classes) == ("classification", None)
    assert counted.values.tolist() == [0, 1, 2, 1, 0, 2] and counted.values.dtype == np.int32
    others = labels_of([4.0, 0.0, 4.0, 4.0])
    assert others.classes == ("0", "4") and others.values.tolist() == [1, 0, 1, 1]
    assert labels_of([0, 1, 3, 3, 1, 0]).classes is None  # as they are: most are used
    assert labels_of([0.5, 1.0]).kind == "regression"
    assert labels_of(np.eye(3)[[0, 2, 1, 0]]).values.tolist() == [0, 2, 1, 0]
    assert labels_of([[0, 1], [1, 1], [0, 0]]).kind == "multilabel"
    assert labels_of([[0.5, 1], [1, 1]]).kind == "regression"
    assert labels_of([[1.0], [0.0], [1.0]]).values.tolist() == [1, 0, 1]


def test_the_kind_may_be_given():
    assert labels_of([20, 21, 20], kind="regression").values.dtype == np.float32
    yes = labels_of(["no", "yes", "yes"], kind="binary")
    assert yes.values.tolist() == [0, 1, 1] and yes.classes == ("no", "yes")
    assert labels_of([-1, 1, 1], kind="binary").values.tolist() == [0, 1, 1]
    assert labels_of([7, 2, 9], kind="classification").classes == ("2", "7", "9")
    assert yes.head().units == 1 and labels_of([0, 1, 2, 0, 1, 2]).head().units == 3


def test_classes_that_are_given_keep_their_numbers():
    known = labels_of(["b", "a", "b"], classes=["c", "b", "a"])
    assert known.values.tolist() == [1, 2, 1] and known.classes == ("c", "b", "a")
    assert labels_of([7, 3], classes=["3", "7"]).values.tolist() == [1, 0]
    assert labels_of([1, 0, 1], classes=["no", "yes"]).values.tolist() == [1, 0, 1]
    assert labels_of([True, False], classes=["no", "yes"]).values.tolist() == [1, 0]
    with pytest.raises(InvalidLabels, match=r"none of its classes \['cat'\]: \['cot'\].*'cat'"):
        labels_of(["cot", "cat"], classes=["cat"])


@pytest.mark.parametrize(
    ("values", "missing", "kind", "error", "message"),
    [
        ([1, 2], [True, True], None, InvalidTaskData, "no label: all 2 of them are missing"),
        (["a", "a"], None, None, InvalidLabels, "All labels of the task 'it' are 'a':"),
        ([0, 0, 0], None, None, InvalidLabels, "'it' are 0: nothing"),
        ([*range(9)], None, None, InvalidLabels, "9 different whole numbers in 9 rows"),
        ([0.5, 1], None, "classification", InvalidLabels, "texts or whole numbers. Received: 0.5"),
        (["a", "b"], None, "regression", InvalidLabels, "must be numbers"),
        ([0, 2], None, "binary", InvalidLabels, r"0 and 1, -1 and 1.*Received: \[0, 2\]"),
        ([0, 1], None, "multilabel", InvalidLabels, "a column for each label"),
        ([[0, 1], [1, 1]], None, "classification", InvalidLabels, r"shape \(2, 2\)"),
        ([np.inf, 1.0], None, None, InvalidLabels, "finite. Row 0 holds inf"),
        ([np.inf, 0.5], None, None, InvalidLabels, "finite. Row 0 holds inf"),
        ([0, 1], None, "clasification", ValueError, r"`kinds\['it'\]` is one of.*Did you mean"),
    ],
)
def test_labels_that_no_head_can_learn(values, missing, kind, error, message):
    with pytest.raises(error, match=message):
        labels_of(values, missing, kind)

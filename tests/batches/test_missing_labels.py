import keras
import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from keras_mtl import Head
from keras_mtl.batches.missing_labels import read_labels
from keras_mtl.errors import InvalidLabels, InvalidTaskData

NAN = float("nan")


def read(y, head=None, mask=None):
    labels, present = read_labels(y, "hair", head, mask)
    return labels.tolist(), None if present is None else present.tolist()


@pytest.mark.parametrize(
    ("y", "head"),
    [
        ([0, 1, 2], Head(3)),
        ([0, 1, 1], Head(1, "binary")),
        ([[0, 1], [1, 1]], Head(2, "multilabel")),
        ([0.5, -1.0], Head(1, "regression")),
        ([-1, 2], Head(1, "regression")),
        ([-1, 2], None),
    ],
)
def test_labels_that_are_all_there_have_no_mask(y, head):
    assert read(y, head) == (y, None)


PRESENT = [True, False, True]


def at_two_places(units):
    """A head in a graph, as a multi-task model holds it: its output shows the places."""
    head = Head(units, pooling="none")
    head(keras.Input((2, 4)))
    return head


@pytest.mark.parametrize(
    ("y", "head", "filled"),
    [
        ([2, -1, 1], Head(3), [2, 0, 1]),
        ([2, NAN, 1], Head(3), [2, 0, 1]),
        ([2, None, 1], Head(3), [2, 0, 1]),
        (np.array([2, -1, 1], dtype="int8"), Head(3), [2, 0, 1]),
        (np.ma.array([2, 99, 1], mask=[0, 1, 0]), Head(3), [2, 0, 1]),
        ([1.0, NAN, 0.0], Head(1, "binary"), [1.0, 0.0, 0.0]),
        ([[1], [NAN], [0]], Head(1, "binary"), [[1.0], [0.0], [0.0]]),
        ([[1, 0], [NAN, NAN], [0, 1]], Head(2, "multilabel"), [[1, 0], [0, 0], [0, 1]]),
        ([0.5, NAN, -1.0], Head(1, "regression"), [0.5, 0.0, -1.0]),
        ([0.5, NAN, -1.0], None, [0.5, 0.0, -1.0]),
        ([[2, 1], [-1, -1], [0, 1]], at_two_places(3), [[2, 1], [0, 0], [0, 1]]),
        (pandas.Series([2, None, 1]), Head(3), [2, 0, 1]),
        (pandas.Series([2, None, 1], dtype="Int64"), Head(3), [2, 0, 1]),
        (pandas.Series([True, None, False], dtype="boolean"), Head(1, "binary"), [1, 0, 0]),
        (
            pandas.DataFrame({"a": [1, None, 0], "b": [0, None, 1]}, dtype="Int64"),
            Head(2, "multilabel"),
            [[1, 0], [0, 0], [0, 1]],
        ),
    ],
)
def test_missing_labels_become_a_mask(y, head, filled):
    assert read(y, head) == (filled, PRESENT)


@pytest.mark.parametrize("kind", [np.array, keras.ops.array, list])
def test_an_explicit_mask_hides_any_value(kind):
    mask = kind([True, False, True])
    mask = np.array(mask) if isinstance(mask, list) else mask
    assert read([2, 99, 1], Head(3), mask) == ([2, 0, 1], PRESENT)
    assert read([2, 99, -1], Head(3), mask) == ([2, 0, 0], [True, False, False])
    assert read([0.5, NAN, 1.0], Head(1, "regression"), mask) == ([0.5, 0.0, 1.0], PRESENT)


def test_a_mask_that_hides_nothing_is_none():
    assert read([0, 1], Head(2), np.array([True, True])) == ([0, 1], None)


def test_classes_as_whole_floats_become_integers():
    labels, _ = read_labels([2.0, NAN, 1.0], "hair", Head(3))
    assert labels.dtype == np.int32
    labels, _ = read_labels([2.0, 1.0], "hair", Head(3))
    assert labels.dtype == np.int32


@given(arrays.arrays("float32", (6, 2), elements=st.sampled_from([0.0, 1.0])), st.integers(0, 63))
def test_rows_that_are_there_are_not_changed(y, bits):
    present = np.array([bits >> row & 1 for row in range(6)], dtype=bool)
    with_gaps = np.where(present[:, None], y, np.nan)
    labels, mask = read_labels(with_gaps, "hair", Head(2, "multilabel"))
    np.testing.assert_array_equal(labels[present], y[present])
    assert not labels[~present].any()
    assert mask is None if present.all() else (mask == present).all()


def test_what_is_given_stays_as_it_is():
    y = np.array([1.0, NAN, 0.0])
    read_labels(y, "hair", Head(2))
    np.testing.assert_array_equal(y, [1.0, NAN, 0.0])


@pytest.mark.parametrize(
    ("y", "head", "message"),
    [
        ([1, -1], Head(1, "binary"), "labels of `hair` do not fit its head: .*holds -1"),
        ([[1, -1]], Head(2, "multilabel"), "holds -1"),
        ([0, 3, -1], Head(3), "holds the class 3"),
        (
            [0.5, NAN],
            Head(3),
            r"whole numbers.*1 of 2 .* index \(0,\) is 0\.5",
        ),
        ([np.inf, NAN], Head(1, "regression"), "must be finite. Received: 0 NaN and 1 infinite"),
        (["red", "blue"], Head(3), "must be real numbers.*'red'.*LabelEncoder"),
        (["red", "blue"], None, "cannot be used: `y` must be real numbers"),
        (["red", None], None, "cannot be used: `y` must be real numbers"),
        (3, None, "one value"),
        ([[1], [2, 3]], None, "rows of one shape"),
    ],
)
def test_labels_that_do_not_fit_are_refused(y, head, message):
    with pytest.raises(InvalidLabels, match=message):
        read(y, head)


@pytest.mark.parametrize(
    ("y", "head", "filled", "present"),
    [
        ([[1, NAN], [0, 1]], Head(2, "multilabel"), [[1, 0], [0, 1]], [[1, 0], [1, 1]]),
        ([[0.5, 2.0], [NAN, 1.0]], None, [[0.5, 2.0], [0, 1.0]], [[1, 1], [0, 1]]),
        ([[1, -1], [0, 2]], at_two_places(3), [[1, 0], [0, 2]], [[1, 0], [1, 1]]),
        ([[[1], [-1]], [[0], [2]]], at_two_places(3), [[[1], [0]], [[0], [2]]], [[1, 0], [1, 1]]),
        ([[[5, 6], [NAN, NAN]]], None, [[[5, 6], [0, 0]]], [[1, 0]]),
        ([[[5, 6], [NAN, 7]]], None, [[[5, 6], [0, 7]]], [[[1, 1], [0, 1]]]),
    ],
)
def test_parts_of_rows_may_be_missing(y, head, filled, present):
    """The mask has no axis along which it does not differ."""
    assert read(y, head) == (filled, np.array(present, bool).tolist())


def test_a_mask_may_have_the_shape_of_the_labels():
    steps = np.array([[True, False], [True, True]])
    assert read([[1, 9], [0, 2]], at_two_places(3), steps) == ([[1, 0], [0, 2]], steps.tolist())
    rows = np.array([True, False])
    assert read([[1, -1], [0, 2]], at_two_places(3), rows) == (
        [[1, 0], [0, 0]],
        [[True, False], [False, False]],
    )


@pytest.mark.parametrize("mask", [[1, 0], [True], [[True, False]]])
def test_a_mask_is_one_boolean_a_row(mask):
    with pytest.raises(InvalidTaskData, match=r"mask of `hair` must hold 2 booleans"):
        read([0, 1], Head(2), np.array(mask))

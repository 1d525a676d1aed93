"""Whatever holds numbers becomes an array; whatever does not is refused with an example."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from keras_mtl.common.number_arrays import check_finite, number_array


def read(values, **options):
    return number_array(values, "`x`", ValueError, **options)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 1], "i"),
        (np.array([True, False]), "b"),
        (pd.Series([0.5, 1.0], dtype="Float64"), "f"),
        (np.array([0, 1], object), "i"),
        (np.array([[Decimal("0.5"), 1]], object), "f"),
    ],
)
def test_numbers_are_kept(values, kind):
    array = read(values)
    assert array.dtype.kind == kind
    assert array.tolist() == np.asarray(values, object).astype(float).tolist()


def test_small_floats_that_numpy_does_not_know():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    array = read(np.array([0.5, 1], ml_dtypes.bfloat16))
    assert array.dtype == "float32" and array.tolist() == [0.5, 1]


@pytest.mark.parametrize("missing", [None, pd.NA])
def test_gaps_become_nan_only_where_they_may(missing):
    values = np.array([1, missing, 2], object)
    np.testing.assert_array_equal(read(values, gaps=True), [1, np.nan, 2])
    with pytest.raises(ValueError, match=r"`x` must be real.*object, such as (None|<NA>)"):
        read(values)


@pytest.mark.parametrize(
    ("values", "example"),
    [
        (["a", "b"], "<U1, such as 'a'"),
        (np.array([1, "b"], object), "object, such as 'b'"),
        ([1j], "complex128, such as 1j"),
        (np.array(["2026-01-01"], "datetime64[D]"), r"datetime64\[D\]"),
    ],
)
def test_other_values_are_refused(values, example):
    with pytest.raises(ValueError, match=f"`x` must be real numbers.*{example}.* Encode them"):
        read(values, fix="Encode them.")


def test_rows_of_several_shapes_are_refused():
    with pytest.raises(ValueError, match="`x` must be an array with rows of one shape"):
        read([[1], [2, 3]])


def test_the_first_value_that_is_not_finite_is_named():
    check_finite(np.array([1, 2]), "`x`", ValueError)
    message = r"1 NaN and 2 infinite values in the shape \(2, 2\), the first at index \(0, 1\)"
    with pytest.raises(ValueError, match=message):
        check_finite(np.array([[0, np.inf], [np.nan, -np.inf]]), "`x`", ValueError)

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from keras_mtl.datasets.frame_columns import column_array
from keras_mtl.errors import InvalidTaskData


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([1, 2], "int8", "int8"),
        ([1.5, 2], "float32", "float32"),
        ([True, False], "bool", "bool"),
        ([1, 2], "Int64", "int64"),
        ([1, None], "Int16", "float64"),
        ([True, None], "boolean", "float64"),
        ([1.5, None], "float64", "float64"),
        ([1.5, None], "Float32", "float64"),
        (["a", "b"], "object", "object"),
        (["a", None], "string", "object"),
        ([b"a", b"b"], "object", "object"),
        (["a", None], "category", "object"),
        ([3, 4], "category", "int64"),
        ([Decimal("1.5"), None], "object", "float64"),
        ([True, False], "object", "bool"),
        ([1, 2], "int32[pyarrow]", "int32"),
        ([None, None], "object", "float64"),
    ],
)
def test_columns_keep_their_dtype(values, dtype, expected):
    if "pyarrow" in dtype:
        pytest.importorskip("pyarrow")
    column = pd.Series(values, dtype=dtype)
    array, missing = column_array(column, "it")
    assert array.dtype == expected
    assert missing.tolist() == [value is None for value in values]
    for one, given, gap in zip(array.tolist(), values, missing, strict=True):
        text = given.decode() if isinstance(given, bytes) else given
        assert (one == "" or one != one) if gap else one == text and not isinstance(one, bytes)


def test_lists_of_one_length_are_vectors():
    array, missing = column_array(pd.Series([[1, 2], (3, 4)]), "it")
    assert array.tolist() == [[1, 2], [3, 4]] and not missing.any()
    array, missing = column_array(pd.Series([[1, 2], None]), "it")
    assert np.isnan(array[1]).all() and missing.tolist() == [False, True]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[1, 2], [3]], r"'it' is ragged: the list in row 0 has the shape \(2,\).*row 1 \(1,\)"),
        ([["a"], ["b"]], "lists of numbers"),
        (["a", 3], "mixes kinds of values: row 0 holds 'a', row 1 3"),
        ([3, "a"], "mixes kinds of values"),
        ([object(), object()], "neither numbers nor texts"),
        (pd.to_datetime(["2020-01-01", "2021-01-01"]), "dates or durations"),
        (pd.to_datetime(["2020-01-01", "2021-01-01"], utc=True), "dates or durations"),
        ([1j, 2j], "neither numbers nor texts"),
    ],
)
def test_what_no_model_takes(values, message):
    with pytest.raises(InvalidTaskData, match=message):
        column_array(pd.Series(values), "it")

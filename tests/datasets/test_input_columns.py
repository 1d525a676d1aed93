import numpy as np
import pytest

from keras_mtl.datasets.frame_inputs import RawColumn
from keras_mtl.datasets.input_columns import chosen_inputs, encoded_columns, kept_rows
from keras_mtl.errors import InvalidTaskData

COLUMNS = ["age", "job", "hours", "sex"]


def raw(**missing):
    values = {"age": np.arange(4.0), "job": np.array(list("abca"), object), "hours": np.arange(4)}
    return {
        name: RawColumn(name, one, np.isin(np.arange(4), missing.get(name, [])))
        for name, one in values.items()
    }


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        (None, {"age": "age", "job": "job", "hours": "hours"}),
        ("age", {"age": "age"}),
        (("job", "age"), {"job": "job", "age": "age"}),
        ({"work": "job", "both": ["age", "hours"]}, {"work": "job", "both": ("age", "hours")}),
    ],
)
def test_which_columns_are_which_inputs(inputs, expected):
    assert chosen_inputs(inputs, COLUMNS, {"sex": ("sex",)}) == expected


def test_what_becomes_whole_numbers():
    chosen = {"age": "age", "job": "job", "hours": "hours"}
    assert encoded_columns(True, raw(), chosen) == {"job"}
    assert encoded_columns(False, raw(), chosen) == set()
    assert encoded_columns(["age"], raw(), chosen) == {"age"}
    with pytest.raises(ValueError, match=r"inputs of their own, \['job'\]. Received: 'age'"):
        encoded_columns(["age"], raw(), {"both": ("age", "hours"), "job": "job"})


def test_rows_with_gaps():
    gaps = raw(age=[1], job=[1, 3])
    none = np.zeros(4, bool)
    assert kept_rows(raw(), none, "error")[1] == ()
    kept, (note,) = kept_rows(gaps, none, "drop")
    assert kept.tolist() == [0, 2] and note.startswith("2 of 4 rows") and "`job` in 2" in note
    kept, (note,) = kept_rows(gaps, none, "fill")
    assert kept.tolist() == [0, 1, 2, 3] and "were filled" in note
    dropped = np.array([False, True, False, True])
    assert kept_rows(gaps, dropped, "error")[0].tolist() == [0, 2]
    with pytest.raises(InvalidTaskData, match="gaps in 2 of 4 rows"):
        kept_rows(gaps, none, "error")

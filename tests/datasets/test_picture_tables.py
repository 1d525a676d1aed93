from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.datasets.picture_tables import PictureIndex, match
from keras_mtl.errors import InvalidTaskData

NAMES = ["a/0001.png", "a/0002.jpg", "b/0002.png", "b/face.x.png"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a/0001.png", "a/0001.png"),
        ("./a/0001.png", "a/0001.png"),
        ("a\\0001.png", "a/0001.png"),
        ("0001.png", "a/0001.png"),
        ("0001", "a/0001.png"),
        (1, "a/0001.png"),
        ("1", "a/0001.png"),
        ("face.x", "b/face.x.png"),
        ("a/0002", "a/0002.jpg"),
        ("0002.png", "b/0002.png"),
        ("0002", None),  # two pictures are called so
        (2, None),
        ("1.5", None),
        ("c/0001.png", None),
        ("data/a/0001.png", "a/0001.png"),
        ("", None),
        (float("nan"), None),
    ],
)
def test_what_a_table_may_call_a_picture(tmp_path, value, expected):
    assert PictureIndex(tmp_path, NAMES).find(value) == expected


def test_whole_paths(tmp_path):
    assert PictureIndex(tmp_path, NAMES).find(tmp_path.resolve() / "a" / "0001.png") == NAMES[0]


@given(st.permutations(range(4)))
def test_rows_in_any_order(order):
    frame = pd.DataFrame({"age": order, "file": [NAMES[one] for one in order], "c": 1})
    matches = match(frame, None, PictureIndex(Path(), NAMES), NAMES, "error")
    assert matches.names == NAMES and frame.age[matches.rows].tolist() == [0, 1, 2, 3]


def test_numbers_of_other_things_are_no_names_of_pictures(tmp_path):
    """Legs, and the numbers of rows, where pictures are called by numbers too."""
    names = [f"{number}.png" for number in range(8)]
    frame = pd.DataFrame({"row": range(8), "legs": [2, 4] * 4, "file": [*names[1:], "9.png"]})
    index = PictureIndex(tmp_path, names)
    matches = match(frame, None, index, names, "skip")
    assert matches.names == names[1:] and matches.rows.tolist() == list(range(7))
    with pytest.raises(InvalidTaskData, match=r"column 'file'.*1 rows name no picture.*'9.png'"):
        match(frame, None, index, names, "error")
    numbers = match(frame[["legs", "row"]], None, index, names, "error")
    assert numbers.rows.tolist() == list(range(8))


def test_no_column_names_pictures(tmp_path):
    frame = pd.DataFrame({"age": [20.5, 30.5], "job": ["x", "y"]})
    with pytest.raises(InvalidTaskData, match=r"None of the columns \['age', 'job'\] names pict"):
        match(frame, None, PictureIndex(tmp_path, NAMES), NAMES, "error")

"""Rows to predict for, from files of every kind."""

import numpy as np
import pytest

from keras_mtl.cli.failures import CommandFailed, ExitCode
from keras_mtl.cli.predicted_files import read_files
from keras_mtl.cli.predictors import TakenInput

NUMBERS = [TakenInput("numbers", (None, 3), "float32")]
PICTURES = [TakenInput("image", (None, 4, 4, 1), "float32")]
COLUMNS = [TakenInput("a", (None, 1), "float32"), TakenInput("hair", (None, 1), "string")]
BYTES = [TakenInput("image", (None,), "string")]


def test_rows_of_files(folder):
    expected = np.load(folder / "people.npz")["x"]
    names, arrays = read_files([folder / "people.npz"], NUMBERS)
    assert np.array_equal(arrays["numbers"], expected) and names[1].endswith("people.npz:2")
    _, of_table = read_files([folder / "people.csv"], NUMBERS)
    assert of_table["numbers"] == pytest.approx(expected, abs=1e-4)
    _, columns = read_files([folder / "people.csv"], COLUMNS)
    assert columns["a"].shape == (40, 1) and set(columns["hair"]) == {"black", "brown"}


def test_pictures(folder):
    files = sorted((folder / "pictures").rglob("*.png"))
    names, arrays = read_files(files, PICTURES)
    assert names == [str(one) for one in files] and arrays["image"].shape == (8, 4, 4, 1)
    _, encoded = read_files(files[:2], BYTES)
    assert encoded["image"].tolist() == [one.read_bytes() for one in files[:2]]


@pytest.mark.parametrize(
    ("names", "inputs", "code", "said"),
    [
        (["people.cvs"], NUMBERS, 3, "Did you mean 'people.csv'"),
        (["people.csv", "people.npz"], NUMBERS, 2, "one file of rows"),
        (["sex.keras"], PICTURES, 3, r"1 of 1 files cannot be decoded.*sex\.keras"),
        (["pictures/black/0.png", "sex.keras"], BYTES, 3, "1 of 2 files cannot be decoded"),
        (["pictures/black/0.png"], NUMBERS, 3, "no pictures"),
        (["pictures/black/0.png"], COLUMNS, 3, "give a table"),
        (["people.csv"], [TakenInput("n", (None, 4), "float32")], 3, "3 columns of numbers"),
        (["people.npz"], COLUMNS, 3, "no array 'a'"),
    ],
)
def test_what_cannot_be_read(folder, names, inputs, code, said):
    with pytest.raises(CommandFailed, match=said) as caught:
        read_files([folder / name for name in names], inputs)
    assert caught.value.code is ExitCode(code)

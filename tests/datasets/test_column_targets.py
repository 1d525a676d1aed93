import numpy as np
import pandas as pd
import pytest

from keras_mtl.datasets.column_targets import read_targets
from keras_mtl.errors import InvalidLabels

FRAME = pd.DataFrame(
    {
        "smoker": [True, False, True],
        "size": pd.Categorical([2, 1, None], categories=[1, 2, 3]),
        "a": [1, 0, 0],
        "b": [0, 1, None],
        "c": [0.5, 1.0, 2.0],
    }
)


def read(targets, unclear="missing", **options):
    given = {"kinds": {}, "classes": {}, **options}
    return read_targets(FRAME, targets, given["kinds"], given["classes"], unclear)


def test_columns_by_their_dtype():
    labels = read({"smokes": ("smoker",), "size": ("size",), "c": ("c",)}).labels
    assert labels["smokes"].classes == ("not smoker", "smoker")
    assert labels["smokes"].values.tolist() == [1, 0, 1]
    assert labels["size"].classes == ("1", "2", "3") and labels["size"].values[:2].tolist() == [
        1,
        0,
    ]
    assert labels["size"].present.tolist() == [True, True, False]
    assert labels["c"].kind == "regression"
    given = read({"smokes": ("smoker",)}, classes={"smokes": ["no", "yes"]}).labels["smokes"]
    assert given.classes == ("no", "yes") and given.values.tolist() == [1, 0, 1]
    binary = read({"smokes": ("smoker",)}, kinds={"smokes": "binary"}).labels["smokes"]
    assert binary.head().units == 1 and binary.classes == ("not smoker", "smoker")
    with pytest.raises(ValueError, match="`classes` is a list of names"):
        read({"smokes": ("smoker",)}, classes={"smokes": "yes"})


def test_columns_side_by_side():
    one = read({"which": ("a", "b")})
    assert one.labels["which"].present.tolist() == [True, True, False] and len(one.notes) == 1
    assert not one.dropped.any() and read({"which": ("a", "b")}, "drop").dropped.tolist()[2]
    several = read({"which": ("a", "b")}, kinds={"which": "multilabel"}).labels["which"]
    assert several.classes == ("a", "b") and several.values[:2].tolist() == [[1, 0], [0, 1]]
    numbers = read({"both": ("a", "c")}).labels["both"]
    assert numbers.kind == "regression" and np.allclose(numbers.values, FRAME[["a", "c"]])
    with pytest.raises(InvalidLabels, match="The column 'size' of the task 'both' holds '2'"):
        read({"both": ("size", "c")})

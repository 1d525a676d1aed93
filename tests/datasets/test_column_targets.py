import numpy as np
import pandas as pd
import pytest

from keras_mtl.datasets.column_targets import Column, frame_targets, read_targets
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
    return frame_targets(FRAME, targets, given["kinds"], given["classes"], unclear)


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


def test_classes_that_a_source_declares():
    codes = Column(
        np.array([2, 0, 0, 2]), np.arange(4) == 3, "pet", "classification", ("a", "b", "c")
    )

    def labels(column=codes, **options):
        given = {"kinds": {}, "classes": {}, **options}
        return read_targets({"pet": column}, {"it": ("pet",)}, **given, unclear=None).labels["it"]

    known = labels()
    assert known.classes == ("a", "b", "c") and known.values[:3].tolist() == [2, 0, 0]
    assert known.present.tolist() == [True, True, True, False] and known.kind == "classification"
    moved = labels(classes={"it": ["d", "c", "b", "a"]})
    assert [moved.classes[code] for code in moved.values[:3]] == ["c", "a", "a"]
    assert labels(classes={"it": ["x", "y", "z"]}).values[:3].tolist() == [2, 0, 0]
    for wrong in (["x", "y"], ["b", "a", "x"]):
        with pytest.raises(InvalidLabels, match="gives each of the 3 classes"):
            labels(classes={"it": wrong})
    one_class = codes._replace(missing=np.array([True, False, False, True]))
    assert labels(one_class).units == 3  # Rows to test on may have one class only.
    assert labels(kinds={"it": "regression"}).values[0] == 2
    numbers = Column(np.array([20.0, 3.0, 5.0, 9.0]), np.zeros(4, bool), "age", "regression")
    assert labels(numbers).kind == "regression"
    assert labels(numbers, kinds={"it": "classification"}).classes == ("3", "5", "9", "20")
    with pytest.raises(InvalidLabels, match="names classes, and the labels are measured"):
        labels(numbers._replace(values=np.arange(4) / 2), classes={"it": ["a", "b"]})
    with pytest.raises(InvalidLabels, match="Received: 1 names"):
        labels(Column(np.array([True, False]), np.zeros(2, bool), "old"), classes={"it": ["no"]})

import numpy as np
import pytest

from keras_mtl.datasets.column_targets import read_targets
from keras_mtl.datasets.feature_targets import FeatureTargets
from keras_mtl.datasets.feature_tree import Feature, FeatureTree
from keras_mtl.errors import FeatureNotFound, InvalidLabels

KINDS = {
    "image": ("image", (8, 8, 3)),
    "pet": ("class", ()),
    "tags": ("class", (2,)),
    "objects": ("class", (None,)),
    "looks/smiles": ("boolean", ()),
    "looks/old": ("boolean", ()),
    "other/old": ("integer", ()),
    "place/x": ("number", ()),
    "place/y": ("number", ()),
    "bits": ("integer", (2,)),
    "note": ("text", ()),
}
VALUES = {
    "pet": np.array([1, -1, 0, 1]),
    "looks/smiles": np.array([True, False, True, False]),
    "looks/old": np.array([False, True, True, False]),
    "other/old": np.array([20, 30, 20, 30]),
    "place/x": np.array([1.0, 2.0, np.nan, 4.0]),
    "place/y": np.array([5.0, 6.0, 7.0, 8.0]),
    "bits": np.array([[0, 1], [1, 1], [0, 0], [1, 0]]),
    "note": np.array(["a", "", "b", "a"], object),
}
NAMES = {"pet": ("cat", "dog")}
TREE = FeatureTree(
    "set",
    [
        Feature(
            path, kind, shape, "", tuple(path.split("/")), ("cat", "dog") if path == "pet" else None
        )
        for path, (kind, shape) in KINDS.items()
    ],
)


def labels(tasks, **options):
    asked = FeatureTargets.checked(TREE, tasks)
    given = {"kinds": {}, "classes": {}, "unclear": None, **options}
    given["kinds"] = {**asked.kinds, **given["kinds"]}
    return read_targets(asked.columns(VALUES, given["kinds"]), asked.targets, **given).labels


def test_features_are_labels_as_columns_are():
    known = labels(["pet", "looks/smiles", "note", "bits", "place/x", "other/old"])
    assert known["pet"].classes == ("cat", "dog")
    assert known["pet"].present.tolist() == [True, False, True, True]
    assert known["smiles"].classes == ("not smiles", "smiles")
    assert known["note"].classes == ("a", "b") and known["note"].present.tolist()[1] is False
    assert known["bits"].kind == "multilabel" and known["x"].kind == "regression"
    assert known["x"].present.tolist() == [True, True, False, True]
    assert known["old"].classes == ("20", "30")


def test_several_features_are_one_task():
    known = labels({"which": ["looks/smiles", "looks/old"], "looks": "looks", "at": "place"})
    assert known["which"].kind == "classification"
    assert known["which"].present.tolist() == [True, True, False, False]
    assert known["looks"].kind == "multilabel" and known["looks"].classes == ("smiles", "old")
    assert known["at"].kind == "regression" and known["at"].units == 2
    assert labels({"looks": "looks"}, kinds={"looks": "classification"})["looks"].units == 2
    both = labels({"a": ["looks/old", "looks/smiles"], "b": "other/old"})
    assert both["a"].classes == ("looks/old", "smiles")  # Two features are called "old".
    assert labels({"at": ["place/x", "place/y"]})["at"].values[0].tolist() == [1, 5]


def test_minus_one_is_a_number_where_it_is_measured():
    asked = FeatureTargets.checked(TREE, ["other/old"])
    values = {**VALUES, "other/old": np.array([-1, 0, 1, 2])}
    missing = [
        asked.columns(values, kinds)["other/old"].missing.tolist()
        for kinds in ({}, {"old": "regression"})
    ]
    assert missing == [[True, False, False, False], [False] * 4]


@pytest.mark.parametrize(
    ("tasks", "error", "message"),
    [
        ("image", InvalidLabels, "is an image, which is no label"),
        ("tags", InvalidLabels, "vectors of numbers"),
        ("objects", InvalidLabels, "length differs between rows"),
        ({"a": ["note", "looks/old"]}, InvalidLabels, "'note', which is text"),
        ({"a": ["bits", "looks/old"]}, InvalidLabels, r"'bits', which is integer \(2,\)"),
        (["looks/old", "other/old"], ValueError, "a name twice"),
        ({"a": "smiles"}, FeatureNotFound, "Did you mean 'looks/smiles'"),
        (3, TypeError, "Received: 3"),
    ],
)
def test_features_that_are_no_labels_are_refused(tasks, error, message):
    with pytest.raises(error, match=message):
        FeatureTargets.checked(TREE, tasks)

"""Names of classes, and labels by name of every kind."""

import keras
import numpy as np
import pandas as pd
import pytest

from _helpers import draw
from keras_mtl import Head, errors, transfer
from keras_mtl.heads.class_names import text_labels
from keras_mtl.heads.labels import check_labels

CLASSES = ["cat", "dog", "owl"]
NAMES = ["owl", "cat", "dog", "cat"]
NUMBERS = [2, 0, 1, 0]
HEADS = {
    "classification": Head(classes=CLASSES),
    "binary": Head(kind="binary", classes=["no", "yes"]),
    "multilabel": Head(kind="multilabel", classes=CLASSES),
}


def trained():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])


@pytest.mark.parametrize(
    ("arguments", "units"),
    [
        ({"classes": CLASSES}, 3),
        ({"units": 3, "classes": tuple(CLASSES)}, 3),
        ({"classes": np.array(CLASSES)}, 3),
        ({"kind": "binary", "classes": ["no", "yes"]}, 1),
        ({"units": 1, "kind": "binary", "classes": ["no", "yes"]}, 1),
        ({"kind": "multilabel", "classes": ["round"]}, 1),
    ],
)
def test_units_follow_from_the_names(arguments, units):
    head = Head(**arguments)
    assert head.units == units
    assert head.classes == tuple(arguments["classes"])
    assert all(type(name) is str for name in head.classes)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs `units`, or the names of its classes"),
        ({"classes": "cat"}, "is a list of names"),
        ({"classes": 3}, "The number of classes is `units`"),
        ({"classes": ["cat", 1]}, r"is a list of names.*\['cat', 1\]"),
        ({"classes": ["cat", "dog", "cat"]}, r"\['cat'\] are repeated"),
        ({"classes": ["cat", ""]}, "none is empty"),
        ({"classes": ["cat"]}, "at least 2 classes"),
        ({"classes": []}, "is a list of names"),
        ({"units": 4, "classes": CLASSES}, r"has 3 names, which make `units=3`.*units=4"),
        ({"kind": "binary", "classes": CLASSES}, "two classes.*Received: 3 names"),
        ({"kind": "regression", "classes": CLASSES}, "`regression` has no classes"),
    ],
)
def test_names_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Head(**arguments)


FORMS = {
    "list": lambda names: names,
    "tuple": tuple,
    "unicode": np.array,
    "objects": lambda names: np.array(names, object),
    "bytes": lambda names: np.array([name.encode() for name in names]),
    "bytes as objects": lambda names: np.array([name.encode() for name in names], object),
    "column": lambda names: np.array(names)[:, None],
    "strings of NumPy": lambda names: np.array(names, np.dtypes.StringDType()),
    "series": pd.Series,
    "strings of pandas": lambda names: pd.Series(names, dtype="string"),
    "categories": lambda names: pd.Series(names, dtype="category"),
    "data frame": lambda names: pd.DataFrame({"animal": names}),
    "string tensor": lambda names: pytest.importorskip("tensorflow").constant(names),
}


@pytest.mark.parametrize("form", FORMS)
def test_labels_by_name_are_their_numbers(form):
    labels = check_labels(HEADS["classification"], FORMS[form](NAMES))
    assert labels.ravel().tolist() == NUMBERS
    assert labels.dtype == np.int32
    assert labels.ndim == (2 if form in ("column", "data frame") else 1)


def test_labels_by_number_are_taken_as_without_names():
    for labels in (NUMBERS, np.array(NUMBERS, "float32"), np.array(NUMBERS, object)):
        named, plain = check_labels(HEADS["classification"], labels), check_labels(Head(3), labels)
        assert named.tolist() == plain.tolist()
        assert named.dtype == plain.dtype
    with pytest.raises(errors.InvalidLabels, match="holds the class 3"):
        check_labels(HEADS["classification"], [0, 3])


def test_a_binary_head_reads_its_two_names():
    assert check_labels(HEADS["binary"], ["yes", "no", "yes"]).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    "rows",
    [
        [["owl", "cat"], [], ["dog"]],
        [{"cat", "owl"}, set(), frozenset(["dog"])],
        [("cat", "owl"), (), ("dog",)],
        np.array([["owl", "cat"], ["", ""], ["dog", ""]]),
        pd.Series([["owl", "cat"], [], ["dog"]]),
    ],
    ids=["lists", "sets", "tuples", "array", "series"],
)
def test_rows_of_a_multilabel_task_list_names(rows):
    expected = [[1, 0, 1], [0, 0, 0], [0, 1, 0]]
    assert check_labels(HEADS["multilabel"], rows).tolist() == expected


def test_one_name_a_row_and_columns_of_numbers_are_multilabel_labels_too():
    head = HEADS["multilabel"]
    assert check_labels(head, ["dog", "cat"]).tolist() == [[0, 1, 0], [1, 0, 0]]
    assert check_labels(head, [[0, 1, 1]]).tolist() == [[0, 1, 1]]


def test_labels_at_every_place_have_names_too():
    head = Head(classes=CLASSES, pooling="none")
    head(np.zeros((1, 2, 4), "float32"))
    model = transfer(
        keras.Sequential([keras.Input((2, 3)), keras.layers.Dense(4)]), cut=0, head=head
    )
    labels = check_labels(model.head, [["cat", "owl"], ["dog", "dog"]])
    assert labels.tolist() == [[0, 2], [1, 1]]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["cat", "dgo", "cot"], r"`y` names the unknown class 'dgo' in row 1 \(2 of 3 .*'dog'\?"),
        (np.array(["cat", 1], object), "the unknown class 1 in row 1"),
        (["Cat"], r"the classes are \['cat', 'dog', 'owl'\]"),
        (["cat", None], "no label in row 1: it is None, NaN or empty"),
        (pd.Series(["cat", np.nan, "dog"]), "no label in row 1"),
        (["cat", ""], "no label in row 1"),
        (np.array(["0", "1"]), "the unknown class '0'"),
    ],
)
def test_names_that_are_unknown_or_missing_are_refused(labels, message):
    with pytest.raises(errors.InvalidLabels, match=message):
        check_labels(HEADS["classification"], labels)


def test_text_for_a_head_without_names_is_refused_as_before():
    with pytest.raises(errors.InvalidLabels, match="Encode text first"):
        check_labels(Head(3), NAMES)


def test_numbers_are_no_text():
    for labels in (NUMBERS, np.array(NUMBERS), [[0, 1], [1, 0]], np.array([1.0, None]), 3):
        assert text_labels(labels) is None


@pytest.mark.parametrize("kind", HEADS)
def test_outputs_decode_to_names_which_are_labels_again(kind):
    head = HEADS[kind]
    outputs = 1 / (1 + np.exp(-draw(6, head.units)))
    names = head.decode(outputs)
    numbers = Head(head.units, kind).decode(outputs)
    assert names.shape == (6,)
    assert (
        check_labels(head, names).tolist()
        == numbers.reshape(check_labels(head, names).shape).tolist()
    )


def test_the_config_has_names_only_where_there_are_some():
    assert "classes" not in Head(3).get_config()
    config = HEADS["binary"].get_config()
    assert (config["units"], config["classes"]) == (1, ["no", "yes"])
    assert Head.from_config(config).classes == ("no", "yes")


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_names_outlive_saving_and_copying(tmp_path, ending):
    names = ["Käfer", "straße 1/2", "日本"]
    model = transfer(trained(), cut=0, head=Head(classes=names))
    model.save(tmp_path / f"model.{ending}")
    loaded = keras.models.load_model(tmp_path / f"model.{ending}")
    copies = [loaded, keras.models.clone_model(model), transfer(model, cut=0)]
    heads = [loaded.head, copies[1].head, copies[2].layers[-1]]
    assert [list(head.classes) for head in heads] == [names] * 3

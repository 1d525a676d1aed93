import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from _head_labels import HEADS, X, assert_refused, model_of
from _helpers import draw, moved_variables
from keras_mtl import Head, transfer

TWO_COLUMNS = pd.DataFrame({"a": [0, 1, 1, 0], "b": [1, 1, 0, 0]})

UNFIT = [
    # Nothing that a head could learn
    *[(kind, ["a", "b", "c", "a"], "real numbers.* such as 'a'") for kind in HEADS],
    *[(kind, [0, 1, None, 2], "such as None") for kind in HEADS],
    *[(kind, [0, 1, np.nan, 2], "1 NaN and 0 infinite") for kind in HEADS],
    *[(kind, [0, 1, np.inf, 2], "0 NaN and 1 infinite") for kind in HEADS],
    *[(kind, np.array([1j, 0, 0, 0]), "real numbers.*complex128") for kind in HEADS],
    *[(kind, np.array(1), "one value: 1") for kind in HEADS],
    ("classification", np.zeros((0,), int), "`y` is empty"),
    *[(kind, [[0], [0, 1], [1], [2]], "rows of one shape") for kind in HEADS],
    ("classification", np.array(["2026-01-01"] * 4, "datetime64[D]"), "datetime64"),
    ("classification", np.array([0, "b", 1, 2], object), "such as 'b'"),
    ("classification", pd.Series(list("abca")), "such as 'a'"),
    ("classification", pd.Series(list("abca"), dtype="category"), "such as 'a'"),
    ("classification", pd.Series([0, 1, 2, pd.NA], dtype="Int64"), "1 NaN|such as <NA>"),
    ("binary", pd.Series([True, False, True, pd.NA], dtype="boolean"), "1 NaN|such as <NA>"),
    ("multilabel", TWO_COLUMNS.assign(b=list("abca")), "such as 'a'"),
    # Classes
    ("classification", [0.0, 1.0, 2.5, 0.0], r"whole.*kind=.regression.*index \(2,\) is 2\.5"),
    ("classification", keras.ops.convert_to_tensor([0.0, 1.5, 2.0, 0.0]), "1 of 4 that are not"),
    ("classification", pd.Series([0, 1, 0.5, 0], dtype="Float32"), "whole numbers"),
    ("classification", [0.0, 1.0, 3.0, 0.0], "the class 3"),
    ("classification", np.ma.array([0, 1, 2, 0], mask=[0, 1, 0, 0]), "1 values are masked"),
    ("classification", [0, 1, 2, 3], "the class 3; the head has 3 classes, 0 to 2"),
    ("classification", pd.Series([1, 2, 3, 1]), "the class 3; .* count classes from 0"),
    ("classification", keras.ops.convert_to_tensor([0, 1, 2, 3]), "the class 3"),
    ("classification", [0, -1, 2, 0], "the class -1"),
    ("classification", np.eye(3)[[0, 1, 2, 0]], r"one-hot, pass `y.argmax\(-1\)`"),
    ("classification", TWO_COLUMNS, r"the shape \(4, 2\); .* \(4,\) or \(4, 1\)\.$"),
    # Yes or no
    ("binary", [1, 2, 1, 2], "holds 2; yes-or-no labels are 0 and 1"),
    ("binary", [-1, 1, 1, -1], "holds -1"),
    (
        "binary",
        np.eye(2)[[0, 1, 1, 0]],
        r"\(4, 2\); .* `binary` needs \(4,\) or \(4, 1\)",
    ),
    (
        "multilabel",
        [0, 1, 1, 0],
        r"\(4,\); .* `multilabel` with 2 units needs \(4, 2\)",
    ),
    ("multilabel", np.eye(4, dtype=int), r"\(4, 4\); a head of kind `multilabel` with 2 units"),
    ("multilabel", np.zeros((4, 4, 2)), r"\(4, 4, 2\); a head of kind `multilabel` with 2 units"),
    ("multilabel", 2 * TWO_COLUMNS, "holds 2"),
    # Numbers
    (
        "regression",
        [0.5, 1.5, 2.5, 3.5],
        r"\(4,\); .* `regression` with 2 units needs \(4, 2\)",
    ),
    ("regression", draw(4, 3), r"\(4, 3\); a head of kind `regression`"),
    ("one number", draw(4, 4), r"\(4, 4\); a head of kind `regression` needs \(4,\) or \(4, 1\)"),
]

CLASSES = np.array([0, 1, 2, 0])
YES = np.array([0, 1, 1, 0])
NUMBERS = draw(4, 2, seed=1)

# The kind, the labels as a plain array, and the same labels in other clothes
FIT = [
    *[
        ("classification", CLASSES, labels)
        for labels in (
            CLASSES.astype("int8"),
            CLASSES[:, None].astype("uint16"),
            CLASSES.astype(object),
            CLASSES.astype("float32"),
            keras.ops.convert_to_tensor(CLASSES.astype("float32")),
            pd.Series(CLASSES, dtype="Float32"),
            CLASSES.tolist(),
            tuple(CLASSES.tolist()),
            keras.ops.convert_to_tensor(CLASSES),
            pd.Series(CLASSES, index=[7, 3, 5, 1]),
            pd.Series(CLASSES, dtype="Int64"),
            pd.DataFrame({"class": CLASSES}),
        )
    ],
    ("classification", YES, YES.astype(bool)),
    *[
        ("binary", YES[:, None], labels)
        for labels in (YES, YES.astype(float), YES.tolist(), pd.Series(YES, dtype="boolean"))
    ],
    ("binary", 0.5 * YES[:, None], 0.5 * YES),
    ("multilabel", TWO_COLUMNS.to_numpy(), TWO_COLUMNS),
    ("multilabel", TWO_COLUMNS.to_numpy(), TWO_COLUMNS.astype("boolean")),
    ("regression", NUMBERS, NUMBERS.tolist()),
    ("regression", NUMBERS, pd.DataFrame(NUMBERS).astype("Float64")),
    ("one number", NUMBERS[:, :1], NUMBERS[:, 0]),
    ("one number", CLASSES[:, None], pd.Series(CLASSES, dtype="Int32")),
]


def ids(cases):
    return [f"{kind}-{index}" for index, (kind, *_) in enumerate(cases)]


@pytest.mark.parametrize("kind, labels, message", UNFIT, ids=ids(UNFIT))
def test_labels_that_do_not_fit_are_refused_before_training(kind, labels, message):
    assert_refused(model_of(kind), message, X, labels)


@pytest.mark.parametrize(
    "kind, plain, labels",
    [
        pytest.param(*case, marks=pytest.mark.slow if index % 8 else ())
        for index, case in enumerate(FIT)
    ],
    ids=ids(FIT),
)
def test_labels_that_fit_count_as_what_they_say(kind, plain, labels):
    model = model_of(kind)
    expected = model.evaluate(X, plain, verbose=0)[0]
    with moved_variables(model) as moved:
        history = model.fit(X, labels, validation_data=(X, labels), verbose=0).history
    assert history["loss"] == [pytest.approx(expected, rel=1e-5)]
    assert history["val_loss"] == [pytest.approx(model.evaluate(X, plain, verbose=0)[0], rel=1e-5)]
    assert moved == model.trainable_variables


@pytest.mark.parametrize(
    "kind, units, labels",
    [
        ("classification", 2, [[0, 1], [1, 1]]),
        ("binary", 1, [[0, 1], [1, 1]]),
        ("multilabel", 2, [[[0, 1], [1, 1]], [[1, 1], [0, 1]]]),
        ("regression", 1, [[[0.5], [1.5]], [[2.5], [1.0]]]),
    ],
)
def test_labels_at_every_step_of_a_sequence(kind, units, labels):
    source = keras.Sequential([keras.Input((2, 3)), layers.Dense(3)])
    model = transfer(source, cut=0, head=Head(units, kind, pooling="none"))
    steps = draw(2, 2, 3)
    spoiled = np.array(labels, float)
    spoiled.flat[-1] = np.nan
    assert_refused(model, "1 NaN", steps, spoiled)
    assert_refused(model, r"\(2, 1\).* needs .*\(2, 2", steps, [[0], [1]])
    model.run_eagerly = True
    model.fit(steps, labels, verbose=0)

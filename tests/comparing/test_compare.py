import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

import keras_mtl
from _comparisons import CHEAP, named_blobs
from _estimators import network

X, Y = named_blobs()


def compare(model, x, y, **arguments):
    given = {"labels": [20], "seeds": 2, "verbose": 0, "strategies": CHEAP}
    return keras_mtl.compare(model, x, y, **{**given, **arguments})


def two_inputs():
    keras.utils.set_random_seed(0)
    left, right = keras.Input((2,), name="left"), keras.Input((2,), name="right")
    joined = layers.Concatenate(name="joined")([left, right])
    return keras.Model([left, right], layers.Dense(2, name="old")(joined))


def vocabulary():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((), dtype="string"),
            layers.TextVectorization(vocabulary=["red", "green", "blue"], output_sequence_length=3),
            layers.Embedding(5, 4, name="embedded"),
            layers.Flatten(name="flat"),
            layers.Dense(2),
        ]
    )


def texts():
    words = np.array(["red green", "green blue", "blue red"])
    return words[np.arange(60) % 3]


FORMS = {
    "array": (network, X),
    "list of rows": (network, X.tolist()),
    "frame": (network, pd.DataFrame(X)),
    "integers": (network, np.round(10 * X).astype(int)),
    "two arrays": (two_inputs, [X[:, :2], X[:, 2:]]),
    "dict": (two_inputs, {"right": X[:, 2:], "left": X[:, :2]}),
}


@pytest.mark.parametrize("form", FORMS)
def test_inputs_of_every_form(form):
    build, x = FORMS[form]
    cut = "first" if build is network else "joined"
    found = compare(build(), x, Y, cut=cut)
    expected = compare(build(), X if build is network else [X[:, :2], X[:, 2:]], Y, cut=cut)
    assert len(found.runs) == 4
    assert not any(run.error for run in found.runs)
    if form != "integers":
        assert [run.score for run in found.runs] == [run.score for run in expected.runs]


@pytest.mark.backend("tensorflow", reason="it computes with text")
def test_text():
    found = compare(vocabulary(), texts(), Y, strategies="features+knn")
    assert [run.score for run in found.runs] == [1.0] * 2


@pytest.mark.parametrize("columns", [1, 2])
def test_measured_numbers(columns):
    y = X[:, 0] if columns == 1 else X[:, :2]
    found = compare(network(), X, y, labels=[40], strategies="frozen")
    assert (found.metric, found.classes) == ("r2", None)
    assert all(run.gains.shape == (60,) for run in found.runs)
    assert found.best().score > 0.5


@pytest.mark.slow
def test_all_strategies_and_the_model_as_it_was():
    keras.utils.set_random_seed(3)
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy")
    first_task = (X, np.arange(60) % 2)
    before = [weight.copy() for weight in model.get_weights()]
    state = np.random.get_state()[1].tolist()
    found = compare(
        model, X, Y, cut="second", strategies="all", auxiliary=first_task, seeds=1, labels=[30]
    )
    assert {run.strategy for run in found.runs} >= {"alternating", "joint", "from-scratch"}
    assert [run.error for run in found.runs] == [""] * len(found.runs)
    assert [run.cut for run in found.runs if run.strategy == "from-scratch"] == [None]
    for now, then in zip(model.get_weights(), before, strict=True):
        assert np.array_equal(now, then)
    assert np.random.get_state()[1].tolist() == state


def test_verbose_and_jobs_are_checked_first():
    for wrong, message in (({"verbose": 3}, "`verbose` is one of"), ({"n_jobs": 0}, "`n_jobs`")):
        with pytest.raises(ValueError, match=message):
            compare(None, None, None, **wrong)


def test_progress(capsys):
    compare(network(), X, Y, strategies=CHEAP, cut="first", verbose=2)
    assert "Run 4 of 4: `others` with 20 labels (seed 1): accuracy" in capsys.readouterr().out

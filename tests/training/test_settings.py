"""The arguments of `fit` are checked before anything is read."""

import keras
import numpy as np
import pytest

from _two_tasks import bits, sex_and_hair, two_sets
from keras_mtl.training.settings import Settings, check_arguments_of_keras, check_callbacks

CASES = [
    {"initial_epoch": -1},
    {"epochs": -1},
    {"epochs": True},
    {"validation_freq": 0},
    {"steps_per_epoch": 0},
    {"steps_per_execution": 1.5},
    {"backup_every": 0, "backup": "folder"},
    {"backup_every": 5},
    {"validation_batch_size": {"sex": 0}},
    {"validation_split": 1.0},
    {"validation_data": (), "validation_split": 0.5},
    {"validation_split": 1.5},
    {"validation_split": -0.1},
    {"verbose": 3},
    {"verbose": None},
    {"verbose": np.zeros(2)},
    {"steps_per_epoch": -1},
    {"callbacks": 5},
    {"callbacks": ["x"]},
    {"callbacks": [None]},
    {"callbacks": keras.callbacks.History},
    {"seed": -1},
    {"seed": 1.5},
    {"seed": "x"},
    {"backup": ""},
    {"backup": 5},
    {"shuffle": "batch"},
    {"epoch": "most"},
]
"""Arguments, the first of each out of its range."""


@pytest.mark.parametrize("arguments", CASES, ids=str)
def test_arguments_out_of_range_are_refused(arguments):
    with pytest.raises(ValueError, match=f"`{next(iter(arguments))}`"):
        Settings(**arguments)


def test_the_defaults_are_accepted():
    assert Settings().epochs == 1 and Settings(steps_per_epoch=10**30).steps_per_epoch == 10**30


@pytest.mark.parametrize("arguments", CASES, ids=str)
def test_fit_refuses_them_before_it_does_anything(model, arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = bits(model)
    with pytest.raises(ValueError, match=f"`{next(iter(arguments))}`"):
        model.fit(two_sets(), **{"verbose": 0, "validation_data": None, **arguments})
    assert bits(model) == before
    assert not any(tmp_path.iterdir())


@pytest.fixture(scope="module")
def model():
    return sex_and_hair()


def test_evaluate_refuses_what_is_no_callback(model):
    with pytest.raises(ValueError, match="`callbacks` is a list"):
        model.evaluate(two_sets(), callbacks=5, verbose=0)


def test_the_class_of_a_callback_is_told_from_an_object():
    with pytest.raises(ValueError, match=r"Pass an object, `History\(\.\.\.\)`"):
        check_callbacks([keras.callbacks.History])


@pytest.mark.parametrize(
    "callbacks",
    [None, [], (keras.callbacks.History(),), keras.callbacks.History()],
    ids=["none", "no one", "a tuple", "one"],
)
def test_callbacks_as_keras_takes_them(callbacks):
    check_callbacks(callbacks)
    check_callbacks(keras.callbacks.CallbackList(callbacks))


GIVEN = {"epochs": 1, "validation_split": 0.0, "callbacks": None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", -1),
        ("epochs", 1.5),
        ("validation_split", 1.5),
        ("validation_split", "x"),
        ("callbacks", 5),
        ("batch_size", -1),
        ("steps_per_epoch", -1),
        ("steps_per_epoch", 0),
        ("validation_steps", -1),
        ("validation_batch_size", 0),
        ("validation_freq", 0),
        ("validation_freq", [-1]),
        ("initial_epoch", -1),
    ],
    ids=str,
)
def test_arguments_of_keras_out_of_range_are_refused(name, value):
    own = {name: value} if name in GIVEN else {}
    with pytest.raises(ValueError, match=f"`{name}`"):
        check_arguments_of_keras(**{**GIVEN, **own}, others={} if own else {name: value})


def test_arguments_that_keras_takes_are_taken():
    others = {"validation_freq": [1, 3], "steps_per_epoch": None, "shuffle": "batch"}
    check_arguments_of_keras(**{**GIVEN, "validation_split": None}, others=others)

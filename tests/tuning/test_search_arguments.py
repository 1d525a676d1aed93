"""What `CutTuner` and its `search` refuse before the first trial."""

import os

import keras_tuner
import pytest

from _searches import data, network, search_in
from keras_mtl.heads.head import Head
from keras_mtl.tuning.hypermodel import CutHyperModel
from keras_mtl.tuning.tuner import CutTuner


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"objective": "val_acuracy"}, "Did you mean 'val_accuracy'"),
        ({"objective": "val_mae"}, "one of"),
        ({"objective": ["val_loss", "val_accuracy"]}, "one of"),
        ({"frozen_trials": 0}, "`frozen_trials`"),
        ({"epochs": 1.5}, "`epochs`"),
        ({"tuning_rate": 0}, "`tuning_rate`"),
        ({"saved_models": 0}, "`saved_models`"),
        ({"seed": None}, "`seed`"),
        ({"seed": -1}, "`seed`"),
        ({"seed": 2**40}, "`seed`"),
        ({"seed": True}, "`seed`"),
    ],
)
def test_bad_arguments_are_refused_at_once(arguments, match, tmp_path):
    with pytest.raises(ValueError, match=match):
        search_in(tmp_path, **arguments)
    assert not os.listdir(tmp_path)


def test_a_hypermodel_that_never_freezes_is_refused(tmp_path):
    with pytest.raises(ValueError, match="static trunks"):
        CutTuner(CutHyperModel(network(), 10, freeze=[False]), directory=tmp_path)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({}, "validation_data"),
        ({"validation_split": 0.2, "epochs": 3}, "argument of `CutTuner`"),
        ({"validation_splt": 0.2}, "Did you mean 'validation_split'"),
    ],
)
def test_bad_arguments_are_refused_before_the_search(arguments, match, tmp_path):
    with pytest.raises(keras_tuner.errors.FatalError, match=match):
        search_in(tmp_path).search(*data(), verbose=0, **arguments)


@pytest.mark.parametrize(
    ("hypermodel", "error", "match"),
    [
        (lambda: network(), TypeError, "Received: `Sequential`"),
        (lambda: CutHyperModel(network(), Head(10, pooling="none")), ValueError, "pooling"),
    ],
)
def test_what_cannot_be_searched_is_refused_at_once(hypermodel, error, match, tmp_path):
    with pytest.raises(error, match=match):
        CutTuner(hypermodel(), directory=tmp_path)


def endless():
    while True:
        yield data()


def test_as_many_steps_of_endless_data_as_are_trained_on_are_probed(tmp_path, trainings):
    trainings(lambda planned: 0.5)
    options = {"validation_data": data(), "verbose": 0}
    with pytest.raises(keras_tuner.errors.FatalError, match="`generator` can be read only once"):
        search_in(tmp_path).search(endless(), **options)
    search_in(tmp_path).search(endless(), steps_per_epoch=2, **options)

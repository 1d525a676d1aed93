"""What `CutTuner` and its `search` refuse before the first trial."""

import os

import keras
import keras_tuner
import pytest

from _searches import data, network, search_in
from keras_mtl.heads.head import Head
from keras_mtl.tuning.hypermodel import CutHyperModel
from keras_mtl.tuning.tuner import CutTuner

BAD = [
    ({"objective": "val_acuracy"}, "Did you mean 'val_accuracy'"),
    ({"objective": "val_mae"}, "one of"),
    ({"objective": ["val_loss", "val_accuracy"]}, "one of"),
    ({"objective": None}, "`objective` is one of"),
    ({"frozen_trials": 0}, "`frozen_trials`"),
    ({"frozen_trials": True}, "`frozen_trials`"),
    ({"tuned_trials": -1}, "`tuned_trials`"),
    ({"factor": 1}, "`factor`"),
    ({"epochs": 0}, "`epochs`"),
    ({"epochs": 1.5}, "`epochs`"),
    ({"epochs": 10**400}, "`epochs`"),
    ({"tuning_rate": 0}, "`tuning_rate`"),
    ({"tuning_rate": float("nan")}, "`tuning_rate`"),
    ({"tuning_rate": float("inf")}, "`tuning_rate`"),
    ({"tuning_rate": "fast"}, "`tuning_rate`"),
    ({"saved_models": 0}, "`saved_models`"),
    ({"seed": None}, "`seed`"),
    ({"seed": -1}, "`seed`"),
    ({"seed": 2**40}, "`seed`"),
    ({"seed": True}, "`seed`"),
    ({"cv": 1}, "`cv` is a number of folds"),
    ({"directory": 5}, "`directory`"),
    ({"directory": ""}, "`directory`"),
    ({"project_name": ""}, "`project_name`"),
    ({"project_name": "../p"}, "`project_name`"),
    ({"project_name": None}, "`project_name`"),
    ({"overwrite": "yes"}, "`overwrite`"),
    ({"overwrite": None}, "`overwrite`"),
]


@pytest.fixture(scope="module")
def hypermodel():
    return CutHyperModel(network(), 10)


@pytest.mark.parametrize(("arguments", "match"), BAD, ids=str)
def test_bad_arguments_are_refused_at_once(arguments, match, hypermodel, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=match):
        CutTuner(hypermodel, **{"directory": tmp_path, **arguments})
    assert not os.listdir(tmp_path)


def test_a_hypermodel_that_never_freezes_is_refused(tmp_path):
    with pytest.raises(ValueError, match="static trunks"):
        CutTuner(CutHyperModel(network(), 10, freeze=[False]), directory=tmp_path)


class NoCopy(keras.callbacks.Callback):
    def __deepcopy__(self, memo):
        raise TypeError("it holds a lock")

    def __repr__(self):  # The name of the case must not have an address in it.
        return "NoCopy()"


BAD_FOR_SEARCH = [
    ({"validation_split": 0}, "validation_data"),
    ({"epochs": 3}, "argument of `CutTuner`"),
    ({"validation_splt": 0.2}, "Did you mean 'validation_split'"),
    ({"initial_epoch": 1}, "`initial_epoch`"),
    ({"validation_split": 1.5}, "`validation_split`"),
    ({"validation_split": -0.1}, "`validation_split`"),
    ({"validation_split": "a"}, "`validation_split`"),
    ({"batch_size": -1}, "`batch_size`"),
    ({"batch_size": 2.5}, "`batch_size`"),
    ({"steps_per_epoch": 0}, "`steps_per_epoch`"),
    ({"validation_steps": -1}, "`validation_steps`"),
    ({"validation_batch_size": 0}, "`validation_batch_size`"),
    ({"validation_freq": 0}, "`validation_freq`"),
    ({"validation_freq": []}, "`validation_freq`"),
    ({"validation_freq": (1, 2)}, r"`validation_freq`.*Received: \(1, 2\)"),
    ({"validation_freq": 11}, "shortest trials have 10 epochs"),
    ({"validation_freq": [12]}, "shortest trials have 10 epochs"),
    ({"verbose": "loud"}, "`verbose`"),
    ({"callbacks": 5}, "`callbacks` is a list"),
    ({"callbacks": [5]}, "`callbacks` is a list"),
    ({"callbacks": [NoCopy()]}, "it holds a lock"),
    ({"class_weight": [1, 2]}, "`class_weight`"),
    ({"class_weight": {"a": 2}}, "`class_weight`"),
    ({"class_weight": {0: "a"}}, "`class_weight`"),
    ({"class_weight": {0: 2.0}, "sample_weight": [1.0]}, "not both"),
]


@pytest.fixture(scope="module")
def tuner(hypermodel, tmp_path_factory):
    return CutTuner(hypermodel, directory=tmp_path_factory.mktemp("refused"), factor=2)


@pytest.mark.parametrize(("arguments", "match"), BAD_FOR_SEARCH, ids=str)
def test_bad_arguments_are_refused_before_the_search(arguments, match, tuner):
    with pytest.raises(keras_tuner.errors.FatalValueError, match=match):
        tuner.search(*data(), **{"verbose": 0, "validation_split": 0.2, **arguments})
    assert not os.listdir(tuner.project_dir)


@pytest.mark.parametrize("number", [0, -1, True, 1.5, "1"])
def test_a_number_of_models_is_a_whole_number(number, tuner):
    with pytest.raises(ValueError, match="`num_models` is a positive whole number"):
        tuner.get_best_models(number)


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


@pytest.mark.slow
def test_as_many_steps_of_endless_data_as_are_trained_on_are_probed(tmp_path, trainings):
    trainings(lambda planned: 0.5)
    options = {"validation_data": data(), "verbose": 0}
    with pytest.raises(keras_tuner.errors.FatalError, match="`generator` can be read only once"):
        search_in(tmp_path).search(endless(), **options)
    search_in(tmp_path).search(endless(), steps_per_epoch=2, **options)

"""Data that no trial could be trained on are refused before the first one."""

import os

import keras
import keras_tuner
import numpy as np
import pytest

from _searches import data, network, run, search_in
from keras_mtl.errors import InvalidLabels
from keras_mtl.probing.probe_cuts import probe_cuts
from keras_mtl.tuning import trial_runner
from keras_mtl.tuning.hypermodel import CutHyperModel
from keras_mtl.tuning.search_data import probed_rows, search_data
from keras_mtl.tuning.standings import standings
from keras_mtl.tuning.tuner import CutTuner

X, Y = data()


class Batches(keras.utils.PyDataset):
    """The rows in batches of 10."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        rows = slice(10 * index, 10 * index + 10)
        return X[rows], Y[rows]


def endless():
    while True:
        yield X, Y


@pytest.fixture(scope="module")
def tuner(tmp_path_factory):
    return CutTuner(CutHyperModel(network(), 10), directory=tmp_path_factory.mktemp("refused"))


SPLIT = {"validation_split": 0.25}
GIVEN = {"validation_data": (X, Y)}
ARRAYS = [
    ((X, None), SPLIT, "has no labels"),
    ((X, Y[:-1]), SPLIT, "`x` has 40 rows, and `y` 39"),
    ((X[:, :4], Y), SPLIT, "does not fit the input"),
    ((X, Y + 0.5), SPLIT, "`y`"),
    ((X, Y + 5), SPLIT, "`y`"),
    ((X[:0], Y[:0]), SPLIT, "no samples"),
    ((X, np.zeros(40, int)), GIVEN, "one class"),
    ((X, np.repeat([0, 1], [30, 10])), SPLIT, "shuffle sorted rows"),
    ((X, Y), {**SPLIT, "sample_weight": np.ones(39)}, "the sample weights 39"),
    ((X, Y), {"validation_split": 0.999}, "split"),
    ((X, Y), {"validation_data": X}, "`validation_data` is .* Received: `ndarray`"),
    ((X, Y), {"validation_data": 5}, "`validation_data` is .* Received: `int`"),
    ((X, Y), {"validation_data": (X, Y, Y, Y)}, "`validation_data` is .* Received: 4 values"),
    ((X, Y), {"validation_data": (X,)}, "`validation_data` has no labels"),
    ((X, Y), {"validation_data": (X, None)}, "has no labels"),
    ((X, Y), {"validation_data": (X, Y[1:])}, r"`validation_data\[1\]` 39"),
    ((X, Y), {"validation_data": (X, Y + 5)}, "validation_data"),
    ((X, Y), {"validation_data": (X[:, :4], Y)}, "`validation_data` does not fit"),
    ((X, Y), {"validation_data": endless()}, "read only once.*validation_steps"),
]
BATCHES = [
    ((Batches(), None), SPLIT, "`validation_split` takes the last rows.*give `validation_data`"),
    ((Batches(), Y), GIVEN, "`y` goes with arrays"),
    ((Batches(), None), {**GIVEN, "sample_weight": np.ones(40)}, "`sample_weight` goes with"),
    ((endless(), None), GIVEN, "`generator` can be read only once.*steps_per_epoch"),
    ((endless(), None), {**GIVEN, "steps_per_epoch": 2, "class_weight": {0: 2.0}}, "class_weight"),
    (([(X, Y), (X, Y)], None), GIVEN, "takes no list of batches"),
]


@pytest.mark.parametrize(("given", "arguments", "match"), [*ARRAYS, *BATCHES])
def test_data_that_no_trial_can_use_are_refused_at_once(given, arguments, match, tuner):
    with pytest.raises(keras_tuner.errors.FatalValueError, match=match):
        tuner.search(*given, verbose=0, **arguments)
    assert not os.listdir(tuner.project_dir)


FOLDED = [
    ((X, Y), SPLIT, "takes no `validation_split`"),
    ((X, Y), GIVEN, "takes no `validation_data`"),
    ((Batches(), None), {}, "`cv` takes rows of arrays. Received: x of type `Batches`"),
    ((X, np.repeat([0, 1], [37, 3])), {}, "smallest class of `y` has 3 labels, fewer than the 4"),
    ((X, None), {}, "has no labels"),
    ((X, Y[:-1]), {}, "`x` has 40 rows, and `y` 39"),
    ((X, Y), {"sample_weight": np.ones(39)}, "the sample weights 39"),
]


@pytest.mark.parametrize(("given", "arguments", "match"), FOLDED)
def test_data_that_cannot_be_folded_are_refused_at_once(given, arguments, match, tmp_path):
    tuner = search_in(tmp_path, cv=4)
    with pytest.raises(keras_tuner.errors.FatalValueError, match=match):
        tuner.search(*given, verbose=0, **arguments)
    assert not os.listdir(tuner.project_dir)


def test_folds_become_a_part_of_the_data_and_their_rows_can_be_taken():
    hypermodel = CutHyperModel(network(), 10)
    one_class = [(np.arange(4), np.arange(4, 40)), (np.arange(30), np.arange(30, 40))]
    rows = [list(row) for row in X]
    arguments = {"sample_weight": np.ones(40)}
    three, four = (search_data(hypermodel, rows, list(Y), arguments, cv) for cv in (3, 4))

    assert (len(three.folds), len(four.folds)) == (3, 4)
    assert three.identity != four.identity
    assert four.x.shape == X.shape and four.fit_arguments["sample_weight"].shape == (40,)
    with pytest.raises(InvalidLabels, match="rows that fold 0 of `cv` trains on"):
        search_data(hypermodel, X, np.repeat([0, 1], [8, 32]), {}, one_class)


@pytest.mark.backend("tensorflow", reason="`tf.data` needs TensorFlow, which is optional")
def test_data_sets_that_no_trial_can_use_are_refused_at_once(tuner):
    from tensorflow.data import Dataset

    samples = Dataset.from_tensor_slices((X, Y))
    dicts = Dataset.from_tensor_slices({"image": X, "label": Y}).batch(10)
    cases = [
        (samples.batch(10), SPLIT, "`validation_split` takes the last rows"),
        (samples, GIVEN, r"add `\.batch\(32\)`"),
        (samples.batch(10).repeat(), GIVEN, "`.repeat.*steps_per_epoch"),
        (dicts, GIVEN, "as_supervised=True"),
        (samples.map(lambda x, y: x).batch(10), GIVEN, "without labels"),
        (samples.batch(10), {"validation_data": samples}, r"add `\.batch\(32\)`"),
        (samples.batch(10), {"validation_data": samples.batch(10).repeat()}, "validation_steps"),
    ]
    for x, arguments, match in cases:
        with pytest.raises(keras_tuner.errors.FatalValueError, match=match):
            tuner.search(x, verbose=0, **arguments)
    assert not os.listdir(tuner.project_dir)


def test_good_data_are_taken_as_they_are():
    hypermodel = CutHyperModel(network(), 10)
    for x, y, arguments in [
        (X, Y, SPLIT),
        (X, Y.astype(float), {**SPLIT, "sample_weight": np.ones(40), "class_weight": {0: 2.0}}),
        (X, list(Y), GIVEN),
        (Batches(), None, {**GIVEN, "class_weight": {0: 2.0}}),
        (endless(), None, {**GIVEN, "steps_per_epoch": 2}),
        (X, Y, {"validation_data": endless(), "validation_steps": 2}),
    ]:
        taken = search_data(hypermodel, x, y, arguments)
        assert taken.x is x
        assert (taken.y is None) == (y is None)
        assert taken.y is None or np.array_equal(taken.y, Y)
        assert taken.fit_arguments == arguments


# What the depths are ranked by


@pytest.mark.parametrize(
    ("arguments", "rows"),
    [
        (SPLIT, 30),
        ({"validation_split": 0.1}, 36),
        (GIVEN, 40),
        ({**SPLIT, **GIVEN}, 40),  # Keras takes `validation_data` then
        ({}, 40),
    ],
)
def test_rows_that_trials_are_compared_by_do_not_rank_depths(arguments, rows):
    x, y = probed_rows({"image": X}, Y, arguments)
    assert np.array_equal(x["image"], X[:rows]) and np.array_equal(y, Y[:rows])


def test_batches_are_probed_as_they_come():
    batches = Batches()
    assert probed_rows(batches, None, GIVEN) == (batches, None)


@pytest.mark.slow
def test_the_probe_of_a_search_sees_no_validation_labels(tmp_path, trainings, monkeypatch):
    """Its merits are those of the training rows alone, and other validation labels change none."""
    trainings(lambda planned: 0.5)
    model = network()
    expected = probe_cuts(model, X[:30], Y[:30], verbose=0)
    merits = {one.layer: one.merit for one in expected}
    shuffled = np.concatenate([Y[:30], Y[:29:-1]])
    seen = []

    def recorded(*args, **kwargs):
        seen.append(probe_cuts(*args, **kwargs))
        return seen[-1]

    monkeypatch.setattr(trial_runner, "probe_cuts", recorded)
    for folder, labels in (("true", Y), ("shuffled", shuffled)):
        tuner = search_in(tmp_path / folder, tuned_trials=0)
        tuner.search(X, labels, verbose=0, **SPLIT)
        assert {one.layer: one.merit for one in seen[-1]} == pytest.approx(merits)
        assert tuner.oracle.probed() == standings(expected)


def test_data_of_a_call_that_was_refused_do_not_bind_the_folder(tmp_path, trainings, monkeypatch):
    trainings(lambda planned: 0.5)

    def refuse(*args, **kwargs):
        raise keras_tuner.errors.FatalValueError("refused in the first trial")

    with monkeypatch.context() as patched:
        patched.setattr(trial_runner, "probe_cuts", refuse)
        with pytest.raises(keras_tuner.errors.FatalValueError, match="refused"):
            search_in(tmp_path).search(X + 1, Y, verbose=0, **SPLIT)

    run(search_in(tmp_path))

"""Each fold is trained as by hand, from its own weights, and not again after a kill."""

import shutil

import keras
import keras_tuner
import numpy as np
import pytest

from _searches import Eager, data
from keras_mtl.caching.row_features import ArrayRows
from keras_mtl.caching.static_pass import StaticPass
from keras_mtl.heads.head import Head
from keras_mtl.heads.probe_targets import ClassTargets
from keras_mtl.keras_private.compiled import build_compiled
from keras_mtl.tuning.attempts import Attempt
from keras_mtl.tuning.fold_training import (
    FoldTraining,
    ModelState,
    curve_of_fold,
    fold_file,
    fold_metrics,
    fold_scores,
    standard_error,
)
from keras_mtl.tuning.folds import make_folds

HIGHEST = keras_tuner.Objective("val_accuracy", "max")
LOWEST = keras_tuner.Objective("val_loss", "min")
X, Y = data(40)
WEIGHTS = np.linspace(0.5, 1.5, 40)
FOLDS = make_folds(2, ClassTargets(Y), Y)
NAN = float("nan")
FIT = {"epochs": 2, "batch_size": 10, "verbose": 0}


# What a trial reports


@pytest.mark.parametrize(
    ("objective", "curves", "epochs", "scores"),
    [
        (HIGHEST, [{0: 0.9, 1: 0.5}, {0: 0.1, 1: 0.7}], 2, (0.5, 0.7)),  # not .9 and .7
        (LOWEST, [{0: 0.9, 1: 0.5}, {0: 0.1, 1: 0.7}], 1, (0.9, 0.1)),
        (HIGHEST, [{0: 0.4, 1: 0.6}, {0: 0.4, 1: 0.5, 2: 0.9}], 3, (0.6, 0.9)),  # stopped early
        (HIGHEST, [{1: 0.4, 3: 0.6}, {1: 0.4, 3: 0.5}], 4, (0.6, 0.5)),  # validation_freq=2
        (HIGHEST, [{1: 0.5}, {0: 0.9, 1: 0.4}], 2, (0.5, 0.4)),  # NaN in the first epoch
        (HIGHEST, [{0: 0.5, 1: 0.5}, {0: 0.5, 1: 0.5}], 1, (0.5, 0.5)),  # the shortest of equals
    ],
)
def test_the_score_is_the_mean_over_the_folds_in_their_best_common_epoch(
    objective, curves, epochs, scores
):
    metrics = fold_metrics(curves, objective)

    assert metrics[objective.name] == pytest.approx(np.mean(scores))
    assert metrics["epochs"] == epochs
    assert fold_scores(metrics) == scores
    assert standard_error(scores) == pytest.approx(np.std(scores, ddof=1) / np.sqrt(2))


def test_a_trial_without_a_score_in_some_fold_has_failed():
    with pytest.raises(keras_tuner.errors.FailedTrialError, match="not finite in any epoch"):
        fold_metrics([{0: 0.5}, {0: NAN}], HIGHEST)


# Training


def trained(folder, *, freeze, start=None, callbacks=()):
    """Train a model on all folds; return it, its variables before, and what the trial reports."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    source = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(8, "relu", name="dense")]
    )
    hypermodel = Eager(source, Head(10, dropout=0.2))
    hp = keras_tuner.HyperParameters()
    hp.values = {"cut": "dense", "freeze": freeze, "learning_rate": 1e-2}
    model = hypermodel.build(hp)
    before = values_of(model.variables)
    training = FoldTraining(hypermodel, HIGHEST, ArrayRows(X, Y, WEIGHTS), FOLDS, seed=3)
    folder.mkdir(exist_ok=True)
    metrics = training.run(
        hp, model, Attempt.begin(folder), start, **FIT, callbacks=list(callbacks)
    )
    return model, before, metrics


def by_hand(model, before, fold, weights=None):
    """The curve of a fold by Keras's own `fit` on its rows, all layers run in each epoch."""
    model.compile(keras.optimizers.Adam(1e-2), model.loss, metrics=["accuracy"], run_eagerly=True)
    build_compiled(model, (X[:1], Y[:1], WEIGHTS[:1]))  # else the first fit draws a batch ahead
    assign(model.variables, before)
    if weights is not None:
        model.load_weights(weights)
    keras.utils.set_random_seed(3)
    parts = [(X[rows], Y[rows], WEIGHTS[rows]) for rows in fold]
    x, y, sample_weight = parts[0]
    history = model.fit(x, y, sample_weight=sample_weight, validation_data=parts[1], **FIT)
    return history.history["val_accuracy"]


def values_of(variables):
    return [np.array(keras.ops.convert_to_numpy(one)) for one in variables]


def assign(variables, values):
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def curves_in(folder):
    return [curve_of_fold(folder / fold_file(number)) for number in range(len(FOLDS))]


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    """A folder with the heads of all folds, the model, its variables before, and the score."""
    passes = []
    of = StaticPass.store
    folder = tmp_path_factory.mktemp("head")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(StaticPass, "store", lambda *a: passes.append(1) or of(*a))
        result = folder, *trained(folder, freeze=True)
    assert len(passes) == 1  # features are computed once for all folds
    return result


@pytest.mark.slow
def test_folds_are_trained_as_by_hand(head):
    folder, model, before, metrics = head

    expected = [by_hand(model, before, fold) for fold in FOLDS]

    assert [list(one.values()) for one in curves_in(folder)] == [pytest.approx(e) for e in expected]
    assert metrics["val_accuracy"] == pytest.approx(np.mean(expected, axis=0).max())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
def test_fine_tuning_starts_from_the_weights_of_the_same_fold(head, tmp_path):
    model, before, _ = trained(tmp_path, freeze=False, start=head[0])

    for number, (fold, curve) in enumerate(zip(FOLDS, curves_in(tmp_path), strict=True)):
        expected = by_hand(model, before, fold, head[0] / fold_file(number))
        assert list(curve.values()) == pytest.approx(expected)


@pytest.mark.slow
def test_a_fold_that_has_ended_is_not_trained_again(head, tmp_path):
    begun = []

    class Begun(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            begun.append(1)

        def __deepcopy__(self, memo):
            return self

    shutil.copytree(head[0], tmp_path, dirs_exist_ok=True)
    (tmp_path / fold_file(1)).write_bytes(b"a part of it")
    *_, again = trained(tmp_path, freeze=True, callbacks=[Begun()])

    assert len(begun) == 1
    assert again == pytest.approx(head[-1])


def test_variables_come_back_the_optimizer_among_them():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1), keras.layers.Dropout(0.5)])
    model.compile("adam", "mse", run_eagerly=True)
    state = ModelState(model, (np.ones((1, 2)), np.zeros(1)))
    known = [*model.variables, *model.optimizer.variables]
    before = values_of(known)

    model.fit(np.ones((4, 2)), np.zeros(4), verbose=0)
    state.restore()

    for value, expected in zip(values_of(known), before, strict=True):
        np.testing.assert_array_equal(value, expected)

"""The space of all transfers of one model, in keras-tuner's own tuners."""

import keras
import keras_tuner
import numpy as np
import pytest

from _searches import Eager
from keras_mtl.caching.fit_cached import fit_cached
from keras_mtl.datasets.digits import digits
from keras_mtl.errors import HeadMismatch, InvalidCut, LayerNotFound
from keras_mtl.graph.cuts import cut_points
from keras_mtl.heads.head import Head
from keras_mtl.tuning import hypermodel as hypermodel_module
from keras_mtl.tuning.hypermodel import CutHyperModel

layers = keras.layers


def network():
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.Flatten(name="flatten"),
            layers.Dense(2, name="parity"),
        ],
        name="network",
    )


def values_of(hypermodel):
    hp = keras_tuner.HyperParameters()
    hypermodel.build(hp)
    return hp.values


def test_declares_the_cut_by_name():
    model = network()
    hp = keras_tuner.HyperParameters()

    CutHyperModel(model, 10, hidden_units=[0, 8]).build(hp)

    space = {one.name: one for one in hp.space}
    assert space["cut"].values == [point.layer for point in cut_points(model)]
    assert hp.values == {
        "cut": "parity",
        "freeze": True,
        "learning_rate": pytest.approx(1e-3),
        "hidden_units": 0,
    }


@pytest.mark.parametrize("freeze", [True, False])
def test_builds_what_the_values_say(freeze):
    hp = keras_tuner.HyperParameters()
    hp.values = {"cut": "conv", "freeze": freeze, "learning_rate": 0.01, "hidden_units": 8}

    model = CutHyperModel(network(), Head(10, dropout=0.5), hidden_units=[0, 8]).build(hp)

    assert model.trunk.layers[-1].name == "conv"
    assert bool(model.trunk.trainable_variables) is not freeze
    assert model.head.hidden == (8,)
    assert model.head.dropout == 0.5
    assert float(model.optimizer.learning_rate) == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("freeze", "cut", "cached"),
    [(True, "flatten", True), (False, "flatten", False), (True, "pixels", False)],
)
def test_a_static_trunk_with_weights_runs_once_a_trial(freeze, cut, cached, monkeypatch):
    hp = keras_tuner.HyperParameters()
    hp.values = {"cut": cut, "freeze": freeze, "learning_rate": 0.01}
    source = keras.Sequential([keras.Input((8, 8, 1)), layers.Flatten(name="pixels")])
    hypermodel = Eager(source if cut == "pixels" else network(), 10)
    called = []
    monkeypatch.setattr(
        hypermodel_module, "fit_cached", lambda *a, **k: called.append(k) or fit_cached(*a, **k)
    )

    history = hypermodel.fit(
        hp, hypermodel.build(hp), *digits(labels={"digit": 20})["digit"], epochs=3, verbose=0
    )

    assert len(history.history["accuracy"]) == 3
    assert bool(called) is cached


@pytest.mark.slow
def test_layers_that_carry_a_mask_are_among_the_cuts():
    tokens = keras.Input((None,), dtype="int32")
    x = layers.Embedding(7, 4, mask_zero=True, name="emb")(tokens)
    x = layers.LSTM(3, return_sequences=True, name="steps")(x)
    model = keras.Model(tokens, layers.Dense(2, name="old")(layers.LSTM(2, name="summary")(x)))
    hp = keras_tuner.HyperParameters()
    built = CutHyperModel(model, 3).build(hp)
    (space,) = [one for one in hp.space if one.name == "cut"]
    assert list(space.values)[:3] == ["emb", "steps", "summary"]
    assert built.output_shape == (None, 3)


def test_one_value_is_no_choice():
    hypermodel = CutHyperModel(network(), 10, cuts=["conv"], freeze=[False], learning_rate=0.1)

    assert values_of(hypermodel) == {
        "cut": "conv",
        "freeze": False,
        "learning_rate": pytest.approx(0.1),
    }


def test_trials_share_nothing():
    source = network()
    hypermodel = Eager(source, 10)
    before = source.get_weights()
    hp = keras_tuner.HyperParameters()
    hp.values = {"cut": "flatten", "freeze": False, "learning_rate": 0.1}
    x, y = digits(labels={"digit": 20})["digit"]

    hypermodel.build(hp).fit(x, y, epochs=1, verbose=0)

    for value, old in zip(source.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, old)
    np.testing.assert_array_equal(hypermodel.build(hp).trunk.get_weights()[0], before[0])


@pytest.mark.parametrize(
    ("tuner", "budget"),
    [
        (keras_tuner.RandomSearch, {"max_trials": 1}),
        pytest.param(
            keras_tuner.BayesianOptimization,
            {"max_trials": 2, "num_initial_points": 1},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            keras_tuner.Hyperband,
            {"max_epochs": 2, "hyperband_iterations": 1},
            marks=pytest.mark.slow,
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
def test_tuners_of_keras_tuner(tuner, budget, tmp_path, monkeypatch):
    monkeypatch.setattr("gc.collect", lambda *args: 0)  # takes longer than all the rest
    x, y = digits(labels={"digit": 30})["digit"]
    search = tuner(Eager(network(), 10), "val_accuracy", directory=tmp_path, seed=1, **budget)

    search.search(x, y, validation_split=0.3, epochs=1, verbose=0)

    assert all(trial.status == "COMPLETED" for trial in search.oracle.trials.values())
    assert search.get_best_models()[0].output_shape == (None, 10)


@pytest.mark.parametrize(
    ("kwargs", "error", "match"),
    [
        ({"cuts": ["con"]}, LayerNotFound, "`conv`"),
        ({"cuts": [7]}, InvalidCut, "cut=7"),
        ({"head": "ten"}, HeadMismatch, "number of classes"),
        ({"head": layers.Dense(3)}, HeadMismatch, "loss"),
        ({"head": 1}, ValueError, "2 classes"),
        ({"freeze": []}, ValueError, "`freeze`"),
        ({"freeze": ["conv"]}, ValueError, "`freeze`"),
        ({"freeze": [[True]]}, ValueError, "`freeze`"),
        ({"freeze": [1, 0]}, ValueError, "`freeze`"),
        ({"freeze": True}, ValueError, "`freeze`"),
        ({"name": 5}, ValueError, "`name`"),
        ({"learning_rate": 0}, ValueError, "`learning_rate`"),
        ({"learning_rate": (0.1, 0.01)}, ValueError, "`learning_rate`"),
        ({"learning_rate": float("inf")}, ValueError, "`learning_rate`"),
        ({"learning_rate": (0.1, float("nan"))}, ValueError, "`learning_rate`"),
        ({"learning_rate": None}, ValueError, "`learning_rate`"),
        ({"hidden_units": [-1]}, ValueError, "`hidden_units`"),
        ({"hidden_units": [10**30]}, ValueError, "`hidden_units`"),
        ({"hidden_units": 5}, ValueError, "`hidden_units`"),
        ({"batchnorm": "free"}, ValueError, "`batchnorm`"),
    ],
)
def test_bad_input_is_refused_at_once(kwargs, error, match):
    with pytest.raises(error, match=match):
        CutHyperModel(network(), **{"head": 10, **kwargs})


def test_a_fault_of_ours_ends_the_search(tmp_path, monkeypatch):
    hypermodel = CutHyperModel(network(), 10)
    hypermodel.layers.append("gone")  # as if the check at the start had missed it
    hp = keras_tuner.HyperParameters()
    hp.values = {"cut": "gone", "freeze": True, "learning_rate": 0.1}

    with pytest.raises(keras_tuner.errors.FatalError, match="gone"):
        hypermodel.build(hp)

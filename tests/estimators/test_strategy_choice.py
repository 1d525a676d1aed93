from types import SimpleNamespace

import numpy as np
import pytest

from keras_mtl.estimators import strategy_choice
from keras_mtl.estimators.labels.class_form import ClassForm
from keras_mtl.estimators.samples import LabelledSamples, Samples
from keras_mtl.estimators.strategy_choice import choose_strategy


class Guess:
    """Predicts a class; keeps what it was trained on."""

    def __init__(self, name, guess, cost, fewest=0):
        self.name, self.guess, self.cost, self.fewest = name, guess, cost, fewest
        self.seen = []

    def is_worth_trying(self, setting, samples):
        return samples >= self.fewest

    def fit(self, setting, data):
        self.seen.append(sorted(data.samples.inputs[0][:, 0].astype(int)))
        return SimpleNamespace(outputs=lambda samples: np.eye(2)[[self.guess] * len(samples)])


class Identity:
    def outputs(self, inputs, batch_size, verbose):
        return inputs[0]


@pytest.fixture
def strategies(monkeypatch):
    """The more frequent class is 1."""
    guesses = [
        Guess("costly", 1, 1, fewest=10),
        Guess("cheap", 0, 0),
        Guess("huge", 1, 2, fewest=99),
    ]
    by_name = {guess.name: guess for guess in guesses}
    known = SimpleNamespace(names=tuple(sorted(by_name)), find=by_name.__getitem__)
    monkeypatch.setattr(strategy_choice, "STRATEGIES", known)
    return by_name


def chosen(y, folds=3, weights=None):
    form, values = ClassForm.read(y, len(y))
    samples = Samples([np.arange(float(len(y)))[:, None]], 32)
    setting = SimpleNamespace(labels=form, vectors=Identity(), seed=0)
    return choose_strategy(setting, LabelledSamples(samples, values, weights), folds)


def test_the_better_strategy_of_those_with_labels_enough(strategies):
    y = np.array([0] * 3 + [1] * 9)
    name, results = chosen(y)
    assert name == "costly"
    assert results["param_strategy"] == ["cheap", "costly"]
    np.testing.assert_allclose(results["mean_test_score"], [0.25, 0.75])
    assert results["rank_test_score"].tolist() == [2, 1]
    assert chosen(y[:8])[0] == "cheap"
    # Each fold has its share of each class, and all strategies see the same ones.
    assert strategies["cheap"].seen[:3] == strategies["costly"].seen
    assert all(sum(row < 3 for row in rows) == 2 for rows in strategies["costly"].seen)


def test_the_cheaper_of_equal_ones_and_weights(strategies):
    y = np.array([0] * 6 + [1] * 6)
    assert chosen(y)[0] == "cheap"
    assert chosen(y, weights=np.where(y == 1, 2.0, 1.0))[0] == "costly"


def test_nothing_to_leave_out_and_much(strategies, monkeypatch):
    name, results = chosen(np.array([0, 1]))
    assert name == "cheap"
    assert np.isnan(results["mean_test_score"]).all()
    monkeypatch.setattr(strategy_choice, "MANY", 12)
    chosen(np.array([0] * 3 + [1] * 9))
    assert len(strategies["costly"].seen) == 1

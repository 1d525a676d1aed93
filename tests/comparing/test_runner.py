import keras
import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from _comparisons import CHEAP, Majority, Means, experiment, named_blobs, with_test
from keras_mtl.common.global_random import global_states
from keras_mtl.comparing.cut_features import CutFeatures, SharedSamples, Use
from keras_mtl.comparing.preparation import prepare


class Remembers(Means):
    """Keeps what it was trained on."""

    def __init__(self):
        super().__init__("remembers")
        self.seen = []

    def fit(self, task, cut, data, seed):
        self.seen.append((data.samples.inputs[0], task.labels.classes[data.values], seed))
        return super().fit(task, cut, data, seed)


def test_a_run_is_trained_and_judged_on_the_rows_of_its_draw():
    one = with_test(strategies=Remembers(), labels=20, seeds=[3])
    runner, (planned,) = prepare(one, one.keys, verbose=0)
    run = runner.run(planned)
    x, y = named_blobs()
    rows = one.draws[20, 3][0].rows
    ((seen_x, seen_y, seed),) = one.strategies[0].seen
    assert seen_x.tolist() == x[rows].tolist()
    assert (seen_y.tolist(), seed) == (y[rows].tolist(), 3)
    fitted = planned.strategy.fit(
        one.task, "first", runner.material.training(one.task, planned.parts[0], Use()), 3
    )
    predicted = fitted.predict(one.test.samples)
    assert run.score == pytest.approx(accuracy_score(y[40:], predicted))
    assert run.gains.tolist() == (y[40:] == predicted).tolist()
    assert (run.cut, run.parameters, run.history) == ("first", 48, {"loss": [1.0]})


def test_a_cross_validation_has_a_gain_for_each_row():
    one = experiment(strategies=Majority(), labels=20, seeds=[3])
    runner, (planned,) = prepare(one, one.keys, verbose=0)
    run = runner.run(planned)
    y = named_blobs()[1]
    expected = np.empty(60)
    for part in one.draws[20, 3]:
        names, times = np.unique(y[part.rows], return_counts=True)
        expected[part.judged] = y[part.judged] == names[times.argmax()]
    assert run.gains.tolist() == expected.tolist()


def test_features_are_computed_once(monkeypatch):
    passes = []
    outputs = SharedSamples.outputs
    monkeypatch.setattr(
        SharedSamples, "outputs", lambda self, model: (passes.append(self), outputs(self, model))[1]
    )
    one = experiment(cut="auto", strategies=["frozen", "features+knn"], labels=20)
    runner, planned = prepare(one, one.keys, verbose=0)
    for each in planned:
        assert not runner.run(each).error
    assert passes == []


def test_the_share_of_the_pass_counts():
    one = with_test(strategies=[CHEAP[0], Majority()], labels=20, seeds=1)
    runner, planned = prepare(one, one.keys, verbose=0)
    features = runner.material.features["first"]
    slow = {"first": CutFeatures(features.drawn, features.test, seconds=100.0)}
    object.__setattr__(runner.material, "features", slow)
    means, majority = (runner.run(each).seconds for each in planned)
    assert 2000 < means < 2010
    assert majority < 100


class Draws:
    """Draws from all global generators."""

    def fit(self, model, cut, x, y, seed):
        noise = keras.ops.convert_to_numpy(keras.random.normal((1,)))
        self.label = np.unique(y)[int(1e6 * abs(noise[0]) + np.random.randint(100)) % 3]

    def predict(self, x):
        return np.full(len(x), self.label)


def test_runs_do_not_depend_on_each_other_nor_leave_a_trace():
    one = with_test(strategies=Draws(), labels=20, seeds=4)
    runner, planned = prepare(one, one.keys, verbose=0)
    weights = [weight.copy() for weight in one.task.model.get_weights()]
    before = global_states()
    forwards = [runner.run(each).score for each in planned]
    backwards = [runner.run(each).score for each in planned[::-1]]
    assert forwards == backwards[::-1]
    assert global_states() == before
    for now, then in zip(one.task.model.get_weights(), weights, strict=True):
        assert np.array_equal(now, then)


class Nan(Majority):
    def predict(self, x):
        return np.full(len(x), np.nan)


def test_what_is_no_score_is_a_failure():
    x, _ = named_blobs()
    one = experiment(x, x[:, 0], strategies=Nan(), labels=20, seeds=1)
    runner, (planned,) = prepare(one, one.keys, verbose=0)
    run = runner.run(planned)
    assert "NaN" in run.error
    assert np.isnan(run.score)

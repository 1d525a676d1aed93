"""Which changes the rows account for."""

import math
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from _helpers import draw
from _two_tasks import EAGER
from keras_mtl import MultiTaskModel
from keras_mtl.batches import indexed_rows
from keras_mtl.batches.factory import task_data
from keras_mtl.datasets import from_arrays
from keras_mtl.models.noise_of_changes import noise_of_changes
from keras_mtl.training.distribution.workers import Workers

ROWS = 200
X = draw(ROWS, 4)
LABELS = (X[:, 0] > 0).astype(int)


def sign_of(column, flipped=0):
    """A model of two classes that looks at one column, wrong on the rows whose last one is low."""
    trunk = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, use_bias=False)])
    kernel = np.zeros((4, 2), "float32")
    kernel[column, 1] = 20.0
    kernel[3, 1] = flipped
    trunk.set_weights([kernel])
    head = keras.layers.Activation("softmax")
    model = MultiTaskModel(trunk, {"side": head})
    model.compile(
        loss={"side": "sparse_categorical_crossentropy"},
        metrics={"side": ["accuracy"]},
        run_eagerly=EAGER,
    )
    return model


@pytest.fixture(scope="module")
def good():
    return sign_of(0)


@pytest.fixture(scope="module")
def chance():
    return sign_of(1)


def alone(model):
    """The model of the task, whose metrics Keras measures."""
    model = model.task("side")
    model.run_eagerly = EAGER
    return model


def evaluated(model, baseline, x=X, y=LABELS, **given):
    return model.evaluate({"side": (x, y)}, baselines={"side": baseline}, verbose=0, **given)


def test_a_clearly_better_baseline_is_named(good, chance):
    worse = evaluated(chance, alone(good), X[:40], LABELS[:40])
    assert worse.negative_transfer == ["side"] and worse.perhaps_worse == []
    assert " ± " in str(worse)


@pytest.mark.slow
def test_a_worse_baseline_and_an_equal_one_are_not(good, chance):
    assert evaluated(good, alone(chance)).negative_transfer == []
    assert evaluated(good, alone(good)).noise["side"]["accuracy"] < 0.02


@pytest.mark.slow
def test_the_noise_is_that_of_a_paired_test(good):
    """The groups estimate what the differences of all rows give directly."""
    slightly = sign_of(0, flipped=6)
    found = evaluated(slightly, alone(good))
    right = [one.predict(X, verbose=0)["side"].argmax(1) == LABELS for one in (slightly, good)]
    differences = right[0].astype(float) - right[1]
    error = math.sqrt(differences.var(ddof=1) / ROWS + 2 / ROWS**2)
    assert found.changes["side"]["accuracy"] == pytest.approx(differences.mean(), abs=1e-6)
    assert found.noise["side"]["accuracy"] == pytest.approx(2.09 * error, rel=0.35)
    in_parts = evaluated(slightly, alone(good), batch_size=4)
    # Keras's mean of the losses of batches of unequal sizes is another one.
    assert in_parts.noise["side"] == pytest.approx(found.noise["side"], rel=0.02)


@pytest.mark.slow
def test_numbers_are_compared_as_if_measured_on_other_rows():
    model = sign_of(0, flipped=12)
    accuracy = evaluated(model, {})["side_accuracy"]
    error = math.sqrt(2 * accuracy * (1 - accuracy) / ROWS)
    little, much = accuracy + error, accuracy + 4 * error
    found = evaluated(model, {"accuracy": little})
    assert found.negative_transfer == [] and found.perhaps_worse == ["side"]
    assert "Not beyond the noise of the rows: worse at side." in str(found)
    assert evaluated(model, {"accuracy": much}).negative_transfer == ["side"]


def test_few_rows_and_generators_tell_nothing(good, chance):
    few = evaluated(chance, alone(good), X[:4], LABELS[:4])
    assert few.noise["side"]["loss"] == math.inf and few.negative_transfer == []
    once = chance.evaluate(
        {"side": iter([(X, LABELS)])}, baselines={"side": {"accuracy": 1.0}}, verbose=0
    )
    assert once.perhaps_worse == ["side"] and once.noise["side"]["accuracy"] == math.inf


def test_rows_that_are_read_when_needed_have_the_noise_of_arrays(good, chance, monkeypatch):
    monkeypatch.setattr(indexed_rows, "IN_MEMORY", 0)
    monkeypatch.setattr("keras_mtl.models.noise_of_changes.GROUPS", 5)
    gaps = np.where(np.arange(60) % 5, LABELS[:60], -1)
    read = from_arrays({"x": X[:60], "y": gaps}, "x", "y")["y"]
    found = chance.evaluate({"side": read}, baselines={"side": alone(good)}, verbose=0)
    expected = evaluated(chance, alone(good), X[:60], gaps)
    assert found.noise["side"] == pytest.approx(expected.noise["side"], rel=1e-5)
    assert math.isfinite(found.noise["side"]["accuracy"])


def test_several_workers_do_not_measure_the_noise(chance):
    class Two(Workers):
        addresses = ("first", "second")

    state = SimpleNamespace(workers=Two())
    data = task_data("side", (X, LABELS))
    given = (data, chance, {"loss": 2.0}, {"loss": -0.5})
    assert noise_of_changes(state, "side", *given) == {"loss": math.inf}


class OneByOne(keras.utils.PyDataset):
    """Batches of one row, which are dealt to the groups as the rows of arrays are."""

    num_batches = 12
    reads = 0

    def __getitem__(self, index):
        self.reads += 1
        return X[index : index + 1], LABELS[index : index + 1]


@pytest.mark.slow
def test_a_stream_has_the_noise_of_arrays_however_many_batches_it_has(good, chance, monkeypatch):
    """The groups of both, and the parts of a group, add up to the metrics of all their rows."""
    monkeypatch.setattr("keras_mtl.models.noise_of_changes.GROUPS", 5)
    found = good.evaluate({"side": OneByOne()}, baselines={"side": alone(chance)}, verbose=0)
    whole = evaluated(good, alone(chance), X[:12], LABELS[:12])
    parts = evaluated(good, alone(chance), X[:12], LABELS[:12], batch_size=2)
    assert whole.noise["side"]["accuracy"] < math.inf
    for scores in (found, parts):
        assert scores.noise["side"] == pytest.approx(whole.noise["side"], rel=1e-4)


def test_streams_are_not_read_again_to_compare_with_numbers(chance):
    stream = OneByOne()
    found = chance.evaluate({"side": stream}, baselines={"side": {"loss": 0.1}}, verbose=0)
    assert stream.reads == 12 and found.noise["side"]["loss"] == math.inf


class Stream(keras.utils.PyDataset):
    num_batches = 10

    def __getitem__(self, index):
        rows = slice(20 * index, 20 * index + 20)
        return X[rows], np.where(np.arange(20) % 5, LABELS[rows], -1)


@pytest.mark.slow
def test_streams_are_compared_by_batches_and_rows_without_a_label_are_left_out(good, chance):
    found = chance.evaluate({"side": Stream()}, baselines={"side": alone(good)}, verbose=0)
    gaps = np.where(np.arange(ROWS) % 5, LABELS, -1)
    in_memory = evaluated(chance, alone(good), y=gaps)
    for scores in (found, in_memory):
        assert scores.negative_transfer == ["side"]
        assert 0.05 < scores.noise["side"]["accuracy"] < 0.3

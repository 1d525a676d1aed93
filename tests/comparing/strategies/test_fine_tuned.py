import random

import keras
import numpy as np
import pytest
from keras import layers

from _transfer_tasks import (
    CLASSES,
    NUMBERS,
    WIDTH,
    X,
    assert_traced_no_more,
    classes_of,
    counted_traces,
    numbers_of,
)
from _watching import assert_close, unchanged
from keras_mtl.comparing.strategies.fine_tuned import FineTuned
from keras_mtl.comparing.strategies.frozen import Frozen
from keras_mtl.estimators.strategies.fine_tune import FineTune
from keras_mtl.estimators.strategies.strategy import Setting
from keras_mtl.finetuning import recipe
from keras_mtl.models.transfer_model import TransferModel


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(recipe, "FEWEST_STEPS", 20)
    monkeypatch.setattr(recipe, "EPOCHS", 2)


def tuned_anew(task, cut, data, seed):
    """What `fine_tune` makes of a fresh model."""
    setting = Setting(task.vectors(cut), "auto", task.labels, "name", None, 0, seed)
    return FineTune().fit(setting, data)


def drawn_from_global_generators():
    return random.getstate(), np.random.get_state(legacy=False)["state"]["pos"]


@pytest.mark.parametrize(
    ("task_of", "y"),
    [
        pytest.param(numbers_of, NUMBERS, id="numbers"),
        pytest.param(classes_of, CLASSES, id="classes", marks=pytest.mark.slow),
    ],
)
def test_a_later_run_traces_nothing_and_equals_fine_tune_of_a_fresh_model(task_of, y):
    """With other labels, of another number; a class may be absent."""
    task, data = task_of(X, y)
    few = data.take(np.flatnonzero(y != y[0])[:7])
    before = drawn_from_global_generators()
    with unchanged(task.model), counted_traces() as traces:
        first = FineTuned().fit(task, "second", data.take(np.arange(30)), 1)
        predicted = first.predict(data.samples)
        kept = first.model()
        traced = len(traces)
        assert traced
        fitted = FineTuned().fit(task, "second", few, 2)
        assert_traced_no_more(traces, traced)
        later = fitted.predict(data.samples)
        again = FineTuned().fit(task, "second", data.take(np.arange(30)), 1)
        np.testing.assert_array_equal(again.predict(data.samples), predicted)
        assert drawn_from_global_generators() == before

    setting = Setting(task.vectors("second"), "auto", task.labels, "name", None, 0, 2)
    anew = FineTune().fit(setting, few)
    outputs = anew.outputs(data.samples)
    assert_same(later, task.labels.decode(outputs))
    np.testing.assert_allclose(fitted.history["loss"], anew.history["loss"], rtol=1e-3)
    sizes = [np.prod(v.shape) for v in anew.model.trainable_weights]
    assert fitted.parameters == sum(sizes) > 100
    assert isinstance(kept, TransferModel)
    assert_same(task.labels.decode(kept.predict(X, verbose=0).astype(float)), predicted)


def assert_same(found, expected):
    if expected.dtype.kind == "f":
        assert_close(found, expected, 1e-4)
    else:
        np.testing.assert_array_equal(found, expected)


def test_without_weights_to_train_it_is_the_solved_head():
    weightless = keras.Sequential(
        [keras.Input((WIDTH,)), layers.Activation("tanh", name="last"), layers.Dense(2)]
    )
    task, data = classes_of(X, CLASSES, weightless)
    fitted = [strategy.fit(task, "last", data, 0) for strategy in (FineTuned(), Frozen())]
    np.testing.assert_array_equal(*(one.predict(data.samples) for one in fitted))
    assert [one.parameters for one in fitted] == [15, 15]

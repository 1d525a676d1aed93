"""Both strategies that train on the first task too: in turn, and at each step."""

import keras
import numpy as np
import pytest
from keras import layers

from _transfer_tasks import (
    CLASSES,
    FIRST,
    NUMBERS,
    WIDTH,
    X,
    assert_traced_no_more,
    classes_of,
    counted_traces,
    learnt,
    numbers_of,
)
from _watching import assert_close, unchanged
from keras_mtl import MultiTaskModel, layerwise
from keras_mtl.comparing.strategies.alternating import Alternating
from keras_mtl.comparing.strategies.frozen import Frozen
from keras_mtl.comparing.strategies.joint import Joint
from keras_mtl.estimators.samples import LabelledSamples, Samples
from keras_mtl.finetuning import recipe
from keras_mtl.finetuning.stages import cosine_with_warm_up
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.schedules import Balanced
from keras_mtl.schedules import Joint as EachStep

AUXILIARY = LabelledSamples(Samples([X], 8), FIRST, None)


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(recipe, "FEWEST_STEPS", 12)
    monkeypatch.setattr(recipe, "EPOCHS", 2)


def trained_by_hand(network, data, solved, schedule, total):
    """What a user would write: 12 steps of the new task, at the rates of `fine_tune`."""
    model = MultiTaskModel.from_model(network, "second", task="first", heads={"new": 3})
    output = model.heads["new"].parts[-1]
    for variable, value in zip(
        (output.kernel, output.bias), solved.head.parts[-1].get_weights(), strict=True
    ):
        variable.assign(value)
    rate = cosine_with_warm_up(1e-3 * (len(data.values) / 1000) ** 0.25, total)
    model.compile(layerwise(keras.optimizers.Adam(rate), decay=0.7))
    model.fit(
        {"first": (X, FIRST), "new": (data.samples.inputs[0], data.values)},
        schedule=schedule,
        steps_per_epoch=total,
        batch_size=8,
        seed=3,
        verbose=0,
    )
    return model.predict(X, verbose=0)["new"]


# The first task has 6 batches and the new one 3, which get 6 and 6 * 0.5**0.25 steps, rounded up.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("strategy", "schedule", "total"),
    [
        pytest.param(Alternating(), Balanced(), 24, id="alternating"),
        pytest.param(Joint(), EachStep(), 12, id="joint"),
    ],
)
def test_it_equals_the_same_by_hand_and_a_later_run_traces_nothing(strategy, schedule, total):
    network = learnt()
    task, data = classes_of(X, CLASSES, network, AUXILIARY)
    part = data.take(np.arange(24))
    with unchanged(network), counted_traces() as traces:
        strategy.fit(task, "second", data.take(np.arange(40)), 1)
        traced = len(traces)
        fitted = strategy.fit(task, "second", part, 3)
        assert traced
        assert_traced_no_more(traces, traced)
        kept = fitted.model()
    solved = Frozen().fit(task, "second", part, 0).model()
    expected = trained_by_hand(network, part, solved, schedule, total)
    assert isinstance(kept, TransferModel)
    assert_close(kept.predict(X, verbose=0), expected, 1e-3)
    labels = task.labels.decode(kept.predict(X, verbose=0))
    np.testing.assert_array_equal(fitted.predict(data.samples), labels)
    assert set(fitted.history) == {"loss", "accuracy"}
    assert fitted.parameters == 40 + 54 + 14 + 21  # the two layers kept, and both heads


@pytest.mark.slow
def test_numbers_of_another_size_are_learnt_in_their_unit():
    task, data = numbers_of(X, NUMBERS, learnt(), AUXILIARY)
    fitted = Alternating().fit(task, "second", data, 0)
    predicted = fitted.predict(data.samples)
    np.testing.assert_allclose(fitted.model().predict(X, verbose=0)[:, 0], predicted, rtol=1e-4)
    assert np.abs(predicted.mean() - NUMBERS.mean()) < NUMBERS.std() / 2


def test_without_weights_to_train_it_is_the_solved_head():
    weightless = keras.Sequential(
        [keras.Input((WIDTH,)), layers.Activation("tanh", name="last"), layers.Dense(2)]
    )
    weightless.compile("adam", "mse")
    task, data = classes_of(X, CLASSES, weightless, AUXILIARY)
    fitted = [strategy.fit(task, "last", data, 0) for strategy in (Joint(), Frozen())]
    np.testing.assert_array_equal(*(one.predict(data.samples) for one in fitted))

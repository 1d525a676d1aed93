import numpy as np
import pytest
from keras import layers

from _transfer_tasks import (
    CLASSES,
    NUMBERS,
    X,
    assert_traced_no_more,
    classes_of,
    counted_traces,
    learnt,
    numbers_of,
)
from _watching import unchanged
from keras_mtl.comparing.strategies import from_scratch
from keras_mtl.comparing.strategies.from_scratch import FromScratch
from keras_mtl.comparing.strategies.one_task_network import OneTaskNetwork
from keras_mtl.models.transfer_model import TransferModel


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(from_scratch, "FEWEST_STEPS", 40)
    monkeypatch.setattr(from_scratch, "EPOCHS", 2)


@pytest.mark.slow
def test_runs_begin_with_other_weights_and_trace_nothing_again():
    """The seed alone decides, Dropout included."""
    source = learnt(layers.Dropout(0.3))
    task, data = classes_of(X, CLASSES, source)
    part = data.take(np.arange(20))
    with unchanged(source), counted_traces() as traces:
        models, traced = [], []
        for seed in (1, 2, 1):
            fitted = FromScratch().fit(task, "first", part, seed)
            models.append(fitted.model())
            traced.append(len(traces))
            FromScratch().fit(task, "first", data.take(np.arange(7)), 5)
    assert_traced_no_more(traces, traced[0])
    one, other, again = (model.predict(X, verbose=0) for model in models)
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.1
    assert isinstance(models[0], TransferModel)
    assert fitted.parameters == source.count_params() - 2 * 8 - 14 + 21


@pytest.mark.slow
def test_it_learns_numbers_in_their_unit():
    """The whole architecture is trained, wherever the others cut."""
    task, data = numbers_of(X, NUMBERS)
    fitted = FromScratch().fit(task, "first", data, 0)
    assert fitted.model().trunk.get_layer("second")
    predicted = fitted.predict(data.samples)
    assert predicted.shape == NUMBERS.shape
    np.testing.assert_allclose(fitted.model().predict(X, verbose=0)[:, 0], predicted, rtol=1e-4)
    assert np.abs(predicted.mean() - NUMBERS.mean()) < NUMBERS.std() / 2


@pytest.mark.slow
def test_a_rate_at_which_nothing_is_learnt_is_followed_by_a_smaller_one(monkeypatch):
    """A loss that is not finite counts as nothing learnt."""
    tried, train = [], OneTaskNetwork.train

    def watched(self, data, phase, seed):
        tried.append(phase.learning_rate)
        return train(self, data, phase, seed)

    monkeypatch.setattr(OneTaskNetwork, "train", watched)
    task, data = classes_of(X, CLASSES)
    for first, rates in ((1e30, [1e30, 0.02]), (1e-7, [1e-7, 0.02]), (0.02, [0.02])):
        tried.clear()
        monkeypatch.setattr(from_scratch, "RATES", (first, 0.02))
        monkeypatch.setattr(from_scratch, "FEWEST_STEPS", 100)
        fitted = FromScratch().fit(task, "first", data, 0)
        assert tried == rates
        assert fitted.history["loss"][-1] < 0.9

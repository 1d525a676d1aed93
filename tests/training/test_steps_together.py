"""What workers decide together, whose callbacks may differ."""

import keras
import pytest

from _told_workers import ToldWorkers
from _two_tasks import bits, sex_and_hair
from keras_mtl.training.steps_together import StepsTogether


class Looks(keras.callbacks.Callback):
    """Acts at each batch."""

    def on_train_batch_end(self, batch, logs=None):
        """Do nothing."""


@pytest.fixture
def state():
    return sex_and_hair().training_state


def together(state, monkeypatch, *told, callbacks=(), index=0):
    monkeypatch.setattr(type(state), "workers", ToldWorkers(*told, index=index))
    return StepsTogether(state, callbacks)


def test_a_block_is_as_short_as_any_worker_wants(state, monkeypatch):
    assert together(state, monkeypatch, lambda own: 1 if own == 32 else own).block(32) == 1
    assert StepsTogether(state, []).block(32) == 1  # The patch is still there.


@pytest.mark.parametrize("follows", [False, True])
def test_a_worker_that_stops_stops_all(state, monkeypatch, follows):
    stops = lambda own: [True, ["hair"]] if isinstance(own, list) else follows  # noqa: E731
    decides = together(state, monkeypatch, stops)
    state.model.stop_training = False
    decides.after_block()  # Between blocks only where some callback acts on batches.
    assert state.model.stop_training is follows
    decides.after_epoch()
    assert state.model.stop_training is True
    assert state.stopped == {"hair"}


@pytest.mark.parametrize("first, restores", [(2, False), (0, True)])
def test_a_model_that_the_chief_has_restored_is_that_of_all(state, first, restores, monkeypatch):
    other = sex_and_hair(seed=3)
    decides = together(state, monkeypatch, lambda own: [first, restores], index=1)
    values = iter(other.variables)
    monkeypatch.setattr(
        ToldWorkers, "from_chief", lambda self, own: next(values, own) if own.size else own
    )
    monkeypatch.setattr(type(state.model.optimizer), "variables", [])
    assert decides.first_epoch(0, 0) == first
    assert bits(state.model) == bits(other)


def test_the_chief_tells_that_it_may_have_restored_the_model(state, monkeypatch, tmp_path):
    told = []
    callbacks = [keras.callbacks.BackupAndRestore(tmp_path, save_freq=2)]
    hears = lambda own: told.append(own) or own  # noqa: E731
    together(state, monkeypatch, hears, callbacks=callbacks).first_epoch(0, 0)
    assert [0, True] in told

"""What workers decide together, whose callbacks may differ."""

import keras
import pytest

from _told_workers import ToldWorkers
from _two_tasks import bits, sex_and_hair
from keras_mtl.errors import UnsupportedBackend
from keras_mtl.training.steps_together import StepsTogether


@pytest.fixture
def state():
    return sex_and_hair().training_state


def together(state, monkeypatch, *told, callbacks=(), index=0):
    monkeypatch.setattr(type(state), "workers", ToldWorkers(*told, index=index))
    return StepsTogether(state, callbacks, set())


def test_a_block_is_as_short_as_any_worker_wants(state, monkeypatch):
    assert together(state, monkeypatch, lambda own: 1 if own == 32 else own).block(32) == 1
    assert StepsTogether(state, [], set()).block(32) == 1  # The patch is still there.


def test_a_model_that_the_chief_alone_restores_is_refused(state, monkeypatch, tmp_path):
    monkeypatch.setattr(ToldWorkers, "assigns_alone", False)
    restores = keras.callbacks.BackupAndRestore(tmp_path)
    with pytest.raises(UnsupportedBackend, match=r"`BackupAndRestore`.*Give a folder as `backup`"):
        together(state, monkeypatch, lambda own: own, callbacks=[restores])


def test_a_worker_that_stops_stops_all(state, monkeypatch):
    others = [True, ["hair"]]
    decides = together(state, monkeypatch, lambda own: others if isinstance(own, list) else True)
    state.model.stop_training = False
    decides.decide()
    assert decides.stops and state.model.stop_training is True
    assert state.stopped == {"hair"}


def test_what_one_worker_is_told_counts_once_all_know_of_it(state, monkeypatch):
    """A thread may stop it at any moment, also after the workers have decided to go on."""
    heard = []
    decides = together(state, monkeypatch, lambda own: heard.append(own) or own)
    decides.decide()
    assert heard == [False]  # Nothing has happened, so no texts are exchanged.
    state.model.stop_training = True
    state.stopped.add("hair")
    assert not decides.stops
    decides.decide()
    assert decides.stops and heard[1:] == [True, [True, ["hair"]]]


def test_a_process_that_is_alone_stops_at_once(state):
    alone = StepsTogether(state, [], state.stopped)
    alone.decide()
    assert not alone.stops
    state.model.stop_training = True
    assert alone.stops


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

"""Searches whose trials cost nothing, and one from end to end."""

import keras
import pytest

from _searches import run, search_in
from keras_mtl.probing.probe_table import Probe, Probes
from keras_mtl.tuning import trial_runner
from keras_mtl.tuning.halving import PlannedTrial
from keras_mtl.tuning.hypermodel import CutHyperModel


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("gc.collect", lambda *args: 0)  # takes longer than all the rest
        return run(search_in(tmp_path_factory.mktemp("finished"), seed=0))


@pytest.fixture
def trainings(monkeypatch):
    """What each training does instead of training: give a score, raise or stop. It is logged."""
    log = []
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])

    def fit(hypermodel, hp, model, x, y, callbacks, **kwargs):
        planned = PlannedTrial.from_values(hp.values)
        log.append((planned.phase, planned.cut))
        value = outcome(planned)
        if isinstance(value, BaseException):
            raise value
        model.save_weights(callbacks[-1].filepath)
        return {"val_accuracy": value}

    def outcome(planned):
        return 0.5

    def become(function):
        nonlocal outcome
        outcome = function
        return log

    monkeypatch.setattr(CutHyperModel, "build", lambda hypermodel, hp: model)
    monkeypatch.setattr(CutHyperModel, "fit", fit)
    monkeypatch.setattr("_searches.Eager.build", CutHyperModel.build)
    monkeypatch.setattr("gc.collect", lambda *args: 0)
    return become


@pytest.fixture
def canned_probes(monkeypatch):
    """The later a depth, the better; no pass over the data."""

    def probe_cuts(model, x, y, *, cuts, **kwargs):
        return Probes(
            model.name, "accuracy", [Probe(i, cut, None, (), 0, i, 0) for i, cut in enumerate(cuts)]
        )

    monkeypatch.setattr(trial_runner, "probe_cuts", probe_cuts)

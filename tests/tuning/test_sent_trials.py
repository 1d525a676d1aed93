import keras_tuner
import pytest

from keras_mtl.errors import FolderNotShared
from keras_mtl.keras_private.filed_tuner import Trial
from keras_mtl.tuning.attempts import Superseded
from keras_mtl.tuning.search_data import SearchData
from keras_mtl.tuning.sent_trials import SentSearch, TrialJob, TrialNotes, TrialOutcome
from keras_mtl.tuning.trial_runner import TrialRunner

JOB = TrialJob.of(Trial(keras_tuner.HyperParameters(), "0003"))
OUTCOME = TrialOutcome("COMPLETED", {"val_loss": 0.5}, 2, None, 1.5)


def sent(folder):
    objective = keras_tuner.Objective("val_loss", "min")
    data = SearchData("x", "y", {"verbose": 1, "batch_size": 4}, "")
    return SentSearch.of(TrialRunner(None, objective, folder, 0, data), folder)


def test_outcomes_and_beginnings_are_noted(tmp_path):
    notes = TrialNotes(str(tmp_path))
    notes.begin(JOB)
    notes.begin(JOB)
    assert (notes.begun(), notes.ended()) == ({"0003": 2}, [])
    notes.end(JOB, OUTCOME)
    assert (notes.begun(), notes.ended()) == ({}, [("0003", OUTCOME)])
    notes.forget()
    assert len(list(tmp_path.iterdir())) == 1
    assert notes.are_here()
    assert not TrialNotes(str(tmp_path / "elsewhere")).are_here()


def test_a_worker_is_silent_and_reports_results_or_an_error(tmp_path, monkeypatch):
    work = sent(tmp_path)
    assert work.runner.data.fit_arguments == {"verbose": 0, "batch_size": 4}
    do = work.ready()
    monkeypatch.setattr(TrialRunner, "run", lambda runner, trial: {"val_loss": int(trial.trial_id)})
    done = do(JOB)
    assert (done.status, done.metrics, done.message) == ("COMPLETED", {"val_loss": 3.0}, None)
    assert done.seconds >= 0
    for error, raised in (
        (MemoryError("none left"), None),
        (keras_tuner.errors.FailedTrialError("not finite"), None),
        (keras_tuner.errors.FatalValueError("stop"), keras_tuner.errors.FatalValueError),
        (Superseded("begun again"), Superseded),
    ):

        def fail(runner, trial, error=error):
            raise error

        monkeypatch.setattr(TrialRunner, "run", fail)
        if raised:
            with pytest.raises(raised):
                do(JOB)
        else:
            failed = do(JOB)
            assert (failed.status, failed.metrics) == ("FAILED", {})
            assert str(error) in failed.message


def test_a_machine_without_the_folder(tmp_path):
    with pytest.raises(FolderNotShared, match="elsewhere"):
        sent(tmp_path / "elsewhere").ready()

"""Trials in other processes: the same search as in one, and what is refused."""

import os
import signal
import sys
from pathlib import Path

import joblib
import keras
import keras_tuner
import numpy as np
import pytest

import keras_mtl
from _searches import Eager, data, network, run, scores_of, search_in, trials_of
from keras_mtl.errors import FolderNotShared
from keras_mtl.jobs.parallel_jobs import ParallelJobs
from keras_mtl.tuning import parallel_search

RUNGS = {"frozen_trials": 3, "tuned_trials": 2, "epochs": 2}


def in_threads(folder, **options):
    """A search whose workers are threads, which take turns."""
    with joblib.parallel_config("threading", n_jobs=2):
        return run(search_in(folder), **options)


# The same search


@pytest.mark.usefixtures("canned_probes")
def test_trials_scores_and_files_are_those_of_one_process(tmp_path, trainings, capsys):
    scores = {"conv": 0.2, "flatten": 0.9, "parity": 0.4}
    log = trainings(lambda planned: scores[planned.cut] + 0.01 * planned.rung)
    alone = run(search_in(tmp_path / "alone", **RUNGS))
    expected, log[:] = sorted(log), []
    capsys.readouterr()

    with joblib.parallel_config("threading", n_jobs=2):
        several = run(search_in(tmp_path / "several", **RUNGS), verbose=1)

    said = capsys.readouterr().out.splitlines()
    assert sorted(log) == expected
    assert list(several.results()) == list(alone.results())
    assert len([line for line in said if " after " in line]) == len(log) + 1
    assert "val_accuracy 0.9100 (best so far 0.9100, `flatten`)" in said[-1]
    files = [
        sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
        for folder in (tmp_path / "alone", tmp_path / "several")
    ]
    assert files[0] == files[1]


@pytest.mark.usefixtures("canned_probes")
def test_a_failed_trial_and_a_lost_one_do_not_end_the_search(tmp_path, trainings, monkeypatch):
    trainings(lambda planned: MemoryError("none left") if planned.cut == "parity" else 0.5)

    class Losing(ParallelJobs):
        def _end(self, job, result):
            super()._end(job, self._lost(job) if job.key == "0002" else result)

    monkeypatch.setattr(parallel_search, "ParallelJobs", Losing)
    with joblib.parallel_config("threading", n_jobs=2):
        tuner = run(search_in(tmp_path, **{**RUNGS, "tuned_trials": 0}))

    assert sorted(map(str, scores_of(tuner))) == ["0.5", "None", "None"]
    messages = [trial.message for trial in tuner.oracle.trials.values() if trial.message]
    assert "3 worker processes have ended at this trial" in messages[0] + messages[1]
    assert "none left" in messages[0] + messages[1]


@pytest.mark.slow
@pytest.mark.usefixtures("canned_probes")
def test_a_fatal_error_ends_the_search_and_the_same_call_goes_on(tmp_path, trainings):
    trainings(lambda planned: keras_tuner.errors.FatalValueError("stop here"))
    with pytest.raises(keras_tuner.errors.FatalValueError, match="stop here"):
        in_threads(tmp_path)
    trainings(lambda planned: 0.5)
    tuner = in_threads(tmp_path)
    assert len(scores_of(tuner)) == 2 + 2 + 1
    assert [path.name for path in (tmp_path / "cut_search").glob(".*")] == []


@pytest.mark.usefixtures("canned_probes")
def test_the_time_left_is_told_for_the_jobs_of_each_call(tmp_path, trainings):
    trainings(lambda planned: keras_tuner.errors.FatalValueError("stop here"))
    tuner = search_in(tmp_path)
    for jobs in (2, 1):
        with (
            joblib.parallel_config("threading", n_jobs=jobs),
            pytest.raises(keras_tuner.errors.FatalValueError),
        ):
            run(tuner)
        assert tuner.oracle.jobs == jobs


# What is refused


class Locked(keras.callbacks.Callback):
    """Copies itself, but cannot be sent."""

    def __reduce__(self):
        raise TypeError("a lock that is held")

    def __deepcopy__(self, memo):
        return self


@pytest.mark.usefixtures("canned_probes")
@pytest.mark.parametrize("what", ["callback", "data", "hypermodel"])
def test_what_cannot_be_sent_is_named_before_any_trial(what, tmp_path, trainings):
    log = trainings(lambda planned: 0.5)
    tuner = search_in(tmp_path, n_jobs=2)
    options, x = {}, data()[0]
    if what == "callback":
        options["callbacks"], name = [keras.callbacks.History(), Locked()], "the callback `Locked`"
    elif what == "hypermodel":
        tuner.hypermodel.lock, name = Locked(), "the hypermodel, a `Eager`,"
    else:
        options["class_weight"], name = Weights({0: 1.0}), "`class_weight`, a `Weights`,"
    with pytest.raises(TypeError, match=f"{name} is sent .*a lock that is held.*`n_jobs=1`"):
        tuner.search(x, data()[1], validation_split=0.25, verbose=0, **options)
    assert log == []


class Weights(dict):
    def __reduce_ex__(self, protocol):
        raise TypeError("a lock that is held")

    def __deepcopy__(self, memo):
        return self


def test_processes_of_keras_tuner_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "chief")
    with pytest.raises(ValueError, match="`KERASTUNER_TUNER_ID=chief` makes this process one of"):
        search_in(tmp_path, n_jobs=2)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.delenv("KERASTUNER_TUNER_ID")

    class Mine(keras_mtl.CutTuner):
        def run_trial(self, trial, *given, **arguments):
            return 0.5

    with pytest.raises(TypeError, match="a `run_trial` of its own: pass `n_jobs=1`"):
        run(Mine(Eager(network(), 10), directory=tmp_path, n_jobs=2))


@pytest.mark.usefixtures("canned_probes")
def test_a_worker_that_does_not_see_the_folder(tmp_path, trainings, monkeypatch):
    trainings(lambda planned: 0.5)
    monkeypatch.setattr(Path, "is_dir", lambda path: "shared" not in path.name)
    with pytest.raises(FolderNotShared, match="give a `directory` that all machines see"):
        in_threads(tmp_path)


# Real processes


class DiesOnce(keras.callbacks.Callback):
    """Ends its process in the first epoch of the first fine-tuning that it sees."""

    def __init__(self, marker):
        super().__init__()
        self.marker = marker

    def on_epoch_begin(self, epoch, logs=None):
        tuned = self.model.trunk.trainable_variables
        if tuned and not os.path.exists(self.marker):
            open(self.marker, "x").close()
            os.kill(os.getpid(), signal.SIGKILL)


def compared(folder, marker, **options):
    tuner = search_in(folder, tuned_trials=1, **options)
    return run(tuner, callbacks=[DiesOnce(str(marker))])


def assert_same_search(several, alone):
    assert trials_of(several) == trials_of(alone)
    np.testing.assert_allclose(scores_of(several), scores_of(alone), atol=1e-6)
    one, other = (each.get_best_models()[0].get_weights() for each in (several, alone))
    for here, there in zip(one, other, strict=True):
        np.testing.assert_allclose(here, there, atol=1e-4)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    (folder / "never").touch()
    return compared(folder, folder / "never")


@pytest.mark.slow
def test_a_killed_process_costs_its_trial_only(tmp_path, alone):
    several = compared(tmp_path / "loky", tmp_path / "marker", n_jobs=2)
    assert (tmp_path / "marker").exists()
    assert_same_search(several, alone)


@pytest.mark.slow
def test_dask_does_the_same_trials_and_replaces_a_killed_worker(tmp_path, alone):
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None)
    with cluster, distributed.Client(cluster), joblib.parallel_config("dask"):
        several = compared(tmp_path / "dask", tmp_path / "marker")
    assert (tmp_path / "marker").exists()
    assert_same_search(several, alone)


@pytest.mark.slow
def test_ray_does_the_same_trials_and_replaces_a_killed_worker(tmp_path, alone):
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    register_ray()
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}  # Of this file's modules.
    ray.init(num_cpus=2, include_dashboard=False, runtime_env={"env_vars": paths})
    try:
        with joblib.parallel_config("ray", n_jobs=2):
            several = compared(tmp_path / "ray", tmp_path / "marker")
    finally:
        ray.shutdown()
    assert (tmp_path / "marker").exists()
    assert_same_search(several, alone)

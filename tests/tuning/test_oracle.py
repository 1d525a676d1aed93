"""The state of a search: whichever write is the last one before a kill, nothing is lost."""

import shutil
from contextlib import nullcontext
from itertools import count
from pathlib import Path

import pytest

from _zoo import first_ones
from keras_mtl.tuning.halving import Budget
from keras_mtl.tuning.oracle import CutOracle, planned_trial, probe_metrics

RANKING = ["second", "first", "third"]
SCORES = {"": float("-inf"), "first": 0.9, "second": 0.5, "third": 0.7}
TRIALS = 1 + 3 + 2 + 1
WRITES = 5 * TRIALS


def oracle_in(folder, objective="val_accuracy"):
    oracle = CutOracle(
        objective,
        Budget(frozen_trials=3, tuned_trials=2, factor=2, epochs=8),
        depths=3,
        defaults={"learning_rate": 0.1},
        tuning_rate=0.1,
        saved_models=1,
        seed=0,
    )
    oracle._set_project_dir(folder, "project")
    oracle.verbose = 0
    return oracle


def search(oracle):
    """What a tuner does, without training. Which steps it ran."""
    ran = []
    while (trial := oracle.create_trial("tuner0")).status == "RUNNING":
        step = planned_trial(trial)
        ran.append(step)
        assert len(ran) <= 2 * TRIALS
        assert not step.start or checkpoint(oracle, step.start).exists()
        (oracle.trial_folder(trial.trial_id) / "checkpoint.weights.h5").touch()
        metrics = {"val_accuracy": SCORES[step.cut] + 0.01 * step.rung}
        if step.phase == "probe":
            metrics |= probe_metrics({layer: -float(i) for i, layer in enumerate(RANKING)})
        oracle.update_trial(trial.trial_id, metrics)
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    return ran


def checkpoint(oracle, trial_id):
    return oracle.folder / f"trial_{trial_id}" / "checkpoint.weights.h5"


def steps_of(oracle):
    return [planned_trial(t) for t in oracle.trials.values()]


class Killed(BaseException):
    """The process ends."""


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    oracle = oracle_in(tmp_path_factory.mktemp("alone"))
    search(oracle)
    return oracle


@pytest.mark.parametrize(
    "last", [pytest.param(n, marks=pytest.mark.slow if n % 3 else ()) for n in range(WRITES)]
)
def test_killed_before_any_write_it_ends_with_the_same_trials(last, alone, tmp_path, monkeypatch):
    replace, written = Path.replace, count()

    def or_die(path, target):
        if next(written) == last:
            raise Killed
        return replace(path, target)

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Path, "replace", or_die)
        search(oracle_in(tmp_path))
    resumed = oracle_in(tmp_path)
    resumed.reload()
    resumed.resume()
    ended = {planned_trial(resumed.trials[one]) for one in resumed.end_order}

    ran = search(resumed)

    assert steps_of(resumed) == steps_of(alone)
    assert not ended & set(ran)
    assert len(ended) + len(ran) == TRIALS
    assert [t.score for t in resumed.trials.values()] == [t.score for t in alone.trials.values()]
    kept = [path.parent.name for path in (tmp_path / "project").rglob("*.h5")]
    assert kept == [f"trial_{resumed.get_best_trials()[0].trial_id}"]


def test_a_result_that_was_written_is_not_asked_for_again(tmp_path):
    oracle = oracle_in(tmp_path)
    trial = oracle.create_trial("tuner0")
    oracle.update_trial(trial.trial_id, {"val_accuracy": 0.1} | probe_metrics({"first": 1.0}))

    resumed = oracle_in(tmp_path)
    resumed.reload()

    assert planned_trial(resumed.create_trial("tuner0")).cut == "first"


def test_two_machines_wait_for_each_other(tmp_path):
    oracle = oracle_in(tmp_path)

    assert oracle.create_trial("one").status == "RUNNING"  # the probe, which all else needs
    assert oracle.create_trial("two").status == "IDLE"


def test_depths_of_the_same_features_are_tried_last_whatever_the_order_of_metrics(tmp_path):
    oracle = oracle_in(tmp_path)
    trial = oracle.create_trial("tuner0")
    probes = {"first": 0.1, "second": 0.5, "third": 0.5 + 1e-12}
    reordered = dict(reversed(probe_metrics(probes).items()))
    oracle.update_trial(trial.trial_id, {"val_accuracy": 0.0} | reordered)
    trial.status = "COMPLETED"
    oracle.end_trial(trial)

    assert [s.cut for s in search(oracle) if s.phase == "frozen"] == [
        "second",
        "first",
        "third",
    ]


# A folder that has lost something


@pytest.mark.parametrize("lost", first_ones(range(TRIALS), 2))
@pytest.mark.parametrize("whole", [True, False], ids=["folder", "file"])
def test_a_lost_trial_runs_again_under_a_new_name_and_no_file_changes(lost, whole, alone, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(alone.folder, folder)
    trial = folder / f"trial_{lost:04}"
    shutil.rmtree(trial) if whole else (trial / "trial.json").unlink()
    before = {path: path.read_bytes() for path in folder.glob("trial_*/trial.json")}

    with pytest.warns(UserWarning, match=f"{lost:04}") if lost < TRIALS - 1 else nullcontext():
        oracle = oracle_in(tmp_path)
        oracle.reload()
        oracle.resume()
    ran = search(oracle)

    assert {path: path.read_bytes() for path in before} == before
    assert planned_trial(alone.trials[f"{lost:04}"]).cut in {step.cut for step in ran}
    assert {(s.phase, s.cut, s.rung) for s in steps_of(oracle)} == {
        (s.phase, s.cut, s.rung) for s in steps_of(alone)
    }
    assert oracle.get_best_trials()[0].score == alone.get_best_trials()[0].score
    assert search(oracle) == []

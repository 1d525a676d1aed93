"""What the search needs of keras-tuner and is private there."""

import keras
import keras_tuner
import numpy as np
import pytest
from keras_tuner.engine.trial import Trial

from keras_mtl.keras_private.filed_tuner import FiledOracle, FiledTuner, reported

CHANGED = ": see keras_private/filed_tuner.py"


class Oracle(FiledOracle):
    """Hands out one trial after the other, and logs what is written."""

    def __init__(self, **kwargs):
        super().__init__(objective="val_loss", **kwargs)
        self.written = []
        self.verbose = 0

    def populate_space(self, trial_id):
        return {"status": "RUNNING", "values": {}}

    def write_trial(self, trial, path):
        self.written.append((trial.trial_id, path))

    def trial_begins(self, trial):
        return f"{trial.trial_id} begins"

    def trial_ends(self, trial):
        return f"{trial.trial_id} has ended: {trial.status}, {trial.score}"

    def new_trial_id(self):
        return f"new{len(self.written)}"


class Tuner(FiledTuner):
    begun = 0

    def begin(self):
        self.begun += 1


@pytest.fixture
def tuner(tmp_path):
    keras.utils.clear_session()
    return Tuner(Oracle(), lambda hp: None, directory=str(tmp_path), project_name="search")


def test_files_are_where_keras_tuner_looks_for_them(tuner, tmp_path):
    oracle, folder = tuner.oracle, tmp_path / "search"
    assert oracle.folder == folder, f"keras-tuner has another folder of a search{CHANGED}"
    assert oracle.trial_folder("0001") == folder / "trial_0001", f"Trials are elsewhere{CHANGED}"
    keras_tuner.Oracle.save(oracle)
    assert oracle.state_file.exists(), f"The oracle writes another file{CHANGED}"
    keras_tuner.Tuner.save(tuner)
    assert tuner.state_file.exists(), f"The tuner writes another file{CHANGED}"
    assert sorted(path.name for path in folder.glob("*.json")) == ["oracle.json", "tuner0.json"]


def test_trials_are_written_by_the_subclass(tuner):
    oracle = tuner.oracle
    trial = oracle.create_trial("tuner0")
    path = oracle.folder / f"trial_{trial.trial_id}" / "trial.json"
    assert oracle.written == [(trial.trial_id, path)], (
        f"keras-tuner no longer writes a trial by `_save_trial`{CHANGED}"
    )


def test_new_trials_have_the_names_that_the_subclass_gives(tuner):
    oracle = tuner.oracle
    created = [oracle.create_trial(f"tuner{i}") for i in (0, 1, 0)]
    names = [trial.trial_id for trial in created]
    assert names == ["new0", "new1", "new0"], f"keras-tuner names trials elsewhere{CHANGED}"
    assert list(oracle.trials) == oracle.start_order == ["new0", "new1"]
    assert created[0].hyperparameters.space == oracle.get_space().space
    assert {trial.status for trial in created} == {"RUNNING"}


@pytest.mark.parametrize("verbose", [0, 1, 2, "auto"])
def test_the_console_shows_what_the_subclass_says(verbose, tuner, capsys):
    oracle = tuner.oracle
    oracle.verbose = verbose
    trial = oracle.create_trial("tuner0")
    oracle.update_trial(trial.trial_id, {"val_loss": 0.5})
    trial.status = "COMPLETED"
    oracle.end_trial(trial)
    said = capsys.readouterr().out.splitlines()
    expected = ["new0 begins", "new0 has ended: COMPLETED, 0.5"] if verbose else []
    assert said == expected, f"keras-tuner no longer prints by `_display`{CHANGED}"


def test_waiting_trials_are_handed_out_first_and_in_order(tuner):
    oracle = tuner.oracle
    for trial_id in ("a", "b"):
        oracle.trials[trial_id] = Trial(oracle.get_space(), trial_id)
    oracle.waiting = ["a", "b"]
    handed_out = [oracle.create_trial(f"tuner{i}").trial_id for i in range(2)]
    assert handed_out == ["a", "b"], f"keras-tuner takes no trials of `_retry_queue`{CHANGED}"
    assert oracle.waiting == []


def test_all_trials_can_be_forgotten(tuner):
    oracle = tuner.oracle
    oracle.create_trial("tuner0")
    oracle.forget_trials()
    state = oracle.get_state()
    kept = [name for name in ("ongoing_trials", "start_order", "end_order", "retry_queue")]
    assert not any(state[name] for name in kept), f"keras-tuner knows trials elsewhere{CHANGED}"
    assert oracle.create_trial("tuner0").trial_id == "new1"


def test_what_a_trial_reports_is_read_as_keras_tuner_reads_it(tuner):
    history = keras.callbacks.History()
    history.history = {"val_loss": [3.0, np.float32(1.0), 2.0], "loss": [1.0, 2.0, 3.0]}
    objective = tuner.oracle.objective
    assert reported(history, objective) == ({"val_loss": 1.0, "loss": 2.0}, 1), (
        f"keras-tuner finds the best epoch elsewhere{CHANGED}"
    )
    assert reported({"val_loss": 0.5}, objective) == ({"val_loss": 0.5}, 0)
    with pytest.raises(keras_tuner.errors.FatalTypeError):
        reported(None, objective)


def test_a_seed_of_zero_is_kept(tuner):
    tuner.oracle.set_seed(0)
    state = tuner.oracle.get_state()
    assert (state["seed"], state["seed_state"]) == (0, 0), f"Seeds are kept elsewhere{CHANGED}"


def test_no_model_is_built_to_find_hyperparameters(tuner):
    assert tuner.begun == 1, (
        f"keras-tuner no longer declares the space by `_populate_initial_space`{CHANGED}"
    )
    keras_tuner.Tuner.save(tuner)
    again = Tuner(Oracle(), lambda hp: None, directory=tuner.directory, project_name="search")
    assert again.begun == 1, f"keras-tuner no longer reads a search by `reload`{CHANGED}"


def test_a_worker_knows_that_it_is_one(tuner, monkeypatch):
    assert not tuner.is_worker
    monkeypatch.setenv("KERASTUNER_ORACLE_IP", "127.0.0.1")
    monkeypatch.setenv("KERASTUNER_ORACLE_PORT", "8000")
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "worker0")
    assert tuner.is_worker, f"keras-tuner tells workers in another way{CHANGED}"
    monkeypatch.setenv("KERASTUNER_TUNER_ID", "chief")
    assert not tuner.is_worker

"""A run of several phases that is killed goes on exactly, in its phase."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from _helpers import draw
from _interrupted import Killed, Remembers
from _tuning import HELD_OUT, X, Y, three_phases, to_tune
from _two_tasks import bits, same_logs
from keras_mtl import fine_tune
from keras_mtl.errors import InvalidBackup
from keras_mtl.training.resume.backup import Backup

ARGUMENTS = {"batch_size": 8, "seed": 3, "verbose": 0}


class KillAtBatch(keras.callbacks.Callback):
    """Ends the run at a batch, counted over all phases."""

    def __init__(self, batch, kill):
        super().__init__()
        self.left = batch
        self.kill = kill

    def on_train_batch_end(self, batch, logs=None):
        self.left -= 1
        if self.left == 0:
            self.kill()


def kill_by_error():
    raise Killed


def train(model, folder=None, batch=None, kill=kill_by_error, **arguments):
    """One call of `fine_tune`; phases and callbacks are made anew each time."""
    memory = Remembers()
    given = {"validation_data": HELD_OUT, "phases": three_phases(), **ARGUMENTS, **arguments}
    more = [] if batch is None else [KillAtBatch(batch, kill)]
    if folder is not None:
        given |= {"backup": folder, "backup_every": 2}
    history = fine_tune(model, X, Y, callbacks=[memory, *more], **given)
    return history, memory


@pytest.fixture(scope="module")
def whole():
    """A run that nothing interrupts: its weights, its history, and what a callback has seen."""
    model = to_tune()
    history, memory = train(model)
    assert sorted(set(history.history["phase"])) == [1, 2, 3]
    return bits(model), history, memory


def flags(model):
    return [variable.trainable for variable in model.variables]


@pytest.mark.slow
@pytest.mark.parametrize("batch", [16, 3, 8])
def test_a_run_goes_on_exactly_in_its_phase(batch, whole, tmp_path):
    expected, history, memory = whole
    with pytest.raises(Killed):
        train(to_tune(), tmp_path, batch)
    model = to_tune(seed=5)  # Other weights, as a script that sets no seed has.
    keras.utils.set_random_seed(7)

    resumed, seen = train(model, tmp_path)

    assert bits(model) == expected
    assert same_logs(resumed, history) and resumed.epoch == history.epoch
    assert seen.seen == memory.seen
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_run_goes_on_from_the_beginning_and_the_end_of_each_phase(whole, tmp_path, monkeypatch):
    """Killed before, and after, each backup between two phases is written."""
    expected, history, _ = whole
    save = Backup.save
    moments = [(1, True), *((number, after) for number in (2, 3, 4) for after in (False, True))]
    for number, after in moments:
        left = [number]

        def killing(backup, saved, variables, left=left, after=after):
            is_between = set(saved.notes) == {"callbacks", "random", "global_random"}
            left[0] -= is_between
            if is_between and not left[0] and not after:
                raise Killed
            save(backup, saved, variables)
            if is_between and not left[0]:
                raise Killed

        folder = tmp_path / f"{number} {after}"
        monkeypatch.setattr(Backup, "save", killing)
        with pytest.raises(Killed):
            train(to_tune(), folder)
        monkeypatch.setattr(Backup, "save", save)
        model = to_tune(seed=5)
        resumed, _ = train(model, folder)
        assert bits(model) == expected and same_logs(resumed, history)


@pytest.mark.slow
def test_a_backup_of_other_phases_or_data_is_refused(tmp_path):
    with pytest.raises(Killed):
        train(to_tune(), tmp_path, 1)
    with pytest.raises(InvalidBackup, match="is of another run, which differs in: `phases`"):
        train(to_tune(), tmp_path, phases=three_phases()[:2])
    with pytest.raises(InvalidBackup, match="differs in: `data`"):
        fine_tune(
            to_tune(),
            draw(*X.shape, seed=9),
            Y,
            validation_data=HELD_OUT,
            phases=three_phases(),
            backup=tmp_path,
            **ARGUMENTS,
        )


SCRIPT = """
import os, signal, sys
sys.path[:0] = {paths!r}
from test_tuning_run import *
batch, seed, folder, out = sys.argv[1:]
model = to_tune(seed=int(seed), run_eagerly=False)
train(model, folder, int(batch) or None, lambda: os.kill(os.getpid(), signal.SIGKILL))
np.savez(out, *[keras.ops.convert_to_numpy(v) for v in model.variables])
"""


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="files are the same on all backends")
def test_another_process_goes_on_exactly(tmp_path):
    """`benchmarks/fine_tune_resume.py` kills processes at 20 random moments."""
    tests = Path(__file__).parents[1]
    script = SCRIPT.format(paths=[str(tests), str(tests / "finetuning")])

    def run(batch, seed, folder):
        out = tmp_path / f"{folder} {batch}.npz"
        arguments = [str(batch), str(seed), str(tmp_path / folder), str(out)]
        command = [sys.executable, "-c", script, *arguments]
        return subprocess.run(command, env=os.environ, check=False).returncode, out

    assert run(14, 0, "killed")[0] == -signal.SIGKILL
    (ended, found), (_, expected) = run(0, 1, "killed"), run(0, 0, "whole")
    assert ended == 0
    with np.load(found) as resumed, np.load(expected) as whole:
        assert resumed.files == whole.files
        assert all(np.array_equal(resumed[name], whole[name]) for name in whole.files)

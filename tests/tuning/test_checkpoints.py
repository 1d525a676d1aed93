"""The weights of trials."""

import os
import subprocess
import sys

import keras
import keras_tuner
import numpy as np
import pytest

from keras_mtl.errors import SearchNotWritable
from keras_mtl.tuning import checkpoints
from keras_mtl.tuning.attempts import ATTEMPT, Attempt
from keras_mtl.tuning.checkpoints import CHECKPOINT, SavedBestEpoch, checksum_file, load_weights


@pytest.fixture
def model():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    network.compile("sgd", "mse", run_eagerly=True)
    return network


def fit(model, path, epochs=1):
    attempt = Attempt.begin(path.parent)
    callback = SavedBestEpoch(path, keras_tuner.Objective("loss", "min"), attempt)
    model.fit(np.ones((4, 2)), np.ones((4, 3)), epochs=epochs, verbose=0, callbacks=[callback])


def test_weights_come_back(model, tmp_path):
    path = tmp_path / CHECKPOINT
    fit(model, path, epochs=2)
    saved = model.get_weights()
    model.set_weights([np.zeros_like(weight) for weight in saved])

    load_weights(model, path)

    assert all(map(np.array_equal, model.get_weights(), saved))


def test_weights_of_an_earlier_version_have_no_checksum(model, tmp_path):
    path = tmp_path / CHECKPOINT
    fit(model, path)
    checksum_file(path).unlink()
    load_weights(model, path)


def test_damaged_and_missing_weights_are_told(model, tmp_path):
    path = tmp_path / CHECKPOINT
    fit(model, path)
    content = bytearray(path.read_bytes())
    kernel = np.asarray(model.get_weights()[0]).tobytes()
    content[content.index(kernel)] ^= 1  # the smallest change of one weight, which HDF5 would read
    path.write_bytes(content)

    with pytest.raises(keras_tuner.errors.FatalValueError, match="is damaged"):
        load_weights(model, path)
    path.unlink()
    with pytest.raises(keras_tuner.errors.FatalValueError, match="is missing"):
        load_weights(model, path)


@pytest.mark.parametrize(
    ("direction", "losses", "saved"),
    [
        ("min", [3.0, 2.0, 4.0, 1.0, 1.0], [0, 1, 3]),
        ("max", [3.0, 2.0, 4.0, np.nan, 5.0], [0, 2, 4]),
        ("min", [np.nan, 2.0], [1]),
        ("min", [None, np.inf], [1]),
    ],
)
def test_the_weights_of_the_best_epoch_so_far_are_saved(
    direction, losses, saved, model, tmp_path, monkeypatch
):
    epochs = []
    monkeypatch.setattr(checkpoints, "save_weights", lambda *given: epochs.append(epoch))
    objective = keras_tuner.Objective("loss", direction)
    callback = SavedBestEpoch(tmp_path / CHECKPOINT, objective, Attempt.begin(tmp_path))
    callback.set_model(model)
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {} if loss is None else {"loss": loss})
    assert epochs == saved


@pytest.mark.parametrize("error", [OSError(28, "a long text of HDF5"), RuntimeError("no space")])
def test_a_full_disk_ends_the_search(error, model, tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise error

    fit(model, tmp_path / CHECKPOINT)
    before = (tmp_path / CHECKPOINT).read_bytes()
    monkeypatch.setattr(keras.Model, "save_weights", full)
    with pytest.raises(SearchNotWritable, match=r"(No|no) space.*resumes") as raised:
        fit(model, tmp_path / CHECKPOINT)
    assert isinstance(raised.value, keras_tuner.errors.FatalError)
    assert (tmp_path / CHECKPOINT).read_bytes() == before  # whole or not at all
    assert sorted(os.listdir(tmp_path)) == [ATTEMPT, "checkpoint.json", CHECKPOINT]


def test_space_is_found_before_hdf5_needs_it(model, tmp_path, monkeypatch):
    """Otherwise HDF5 ends the process on a full disk."""
    written = []
    monkeypatch.setattr(keras.Model, "save_weights", lambda model, path: written.append(path))
    path = tmp_path / CHECKPOINT
    size = 3 * 4096  # what only HDF5 needs
    size += sum(np.asarray(weight).nbytes for weight in model.get_weights())

    checkpoints.save_weights(model, path, Attempt.begin(tmp_path))

    assert path.stat().st_size >= size  # what was written before, as HDF5 writes nothing here
    assert len(written) == 1


FULL = """
import resource, signal, sys
from pathlib import Path
import keras
from keras_mtl.errors import SearchNotWritable
from keras_mtl.tuning.attempts import Attempt
from keras_mtl.tuning.checkpoints import save_weights

model = keras.Sequential([keras.Input((20,)), keras.layers.Dense(200), keras.layers.Dense(20)])
model.compile("adam", "mse")
path = Path(sys.argv[1])
attempt = Attempt.begin(path.parent)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    save_weights(model, path, attempt)
except SearchNotWritable as error:
    print("refused:", error)
print("alive")
"""


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 6_000, 20_000, 34_000])
def test_a_file_that_does_not_fit_ends_no_process(room, tmp_path):
    arguments = [sys.executable, "-c", FULL, str(tmp_path / CHECKPOINT), str(room)]
    ended = subprocess.run(arguments, capture_output=True, text=True)
    assert ended.stdout.splitlines()[-1:] == ["alive"], ended.stderr
    assert "cannot be written: File too large" in ended.stdout
    assert os.listdir(tmp_path) == [ATTEMPT]

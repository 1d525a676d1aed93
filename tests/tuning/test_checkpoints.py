"""The weights of trials."""

import keras
import keras_tuner
import numpy as np
import pytest

from keras_mtl.errors import SearchNotWritable
from keras_mtl.tuning.checkpoints import CHECKPOINT, SavedBestEpoch, checksum_file, load_weights


@pytest.fixture
def model():
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    network.compile("sgd", "mse", run_eagerly=True)
    return network


def fit(model, path, epochs=1):
    callback = SavedBestEpoch(path, keras_tuner.Objective("loss", "min"))
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


@pytest.mark.parametrize("error", [OSError(28, "a long text of HDF5"), RuntimeError("no space")])
def test_a_full_disk_ends_the_search(error, model, tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise error

    monkeypatch.setattr(keras.Model, "save_weights", full)
    with pytest.raises(SearchNotWritable, match=r"(No|no) space.*resumes") as raised:
        fit(model, tmp_path / CHECKPOINT)
    assert isinstance(raised.value, keras_tuner.errors.FatalError)

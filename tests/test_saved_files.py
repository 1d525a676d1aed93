"""Files that the version before the rebuilt rooms saved are read; see `saved/make.py`."""

import shutil

import keras
import numpy as np
import pytest

from _watching import as_numpy
from saved import make

# The model `static` was saved before it trained, so its optimizer had no slots yet. Keras 3.15.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Skipping variable loading for optimizer:UserWarning"
)


def load(name):
    return keras.models.load_model(make.FOLDER / f"{name}.keras")


def copy_of(name, folder):
    """A copy of a saved folder, as what reads it may write there."""
    return shutil.copytree(make.FOLDER / name, folder / name)


@pytest.mark.parametrize("name", ["source", "static", "tuned", "several"])
def test_models_predict_the_same(name):
    model = load(name)
    outputs = model.predict(make.inputs(), verbose=0)
    saved = np.load(make.FOLDER / f"{name}.npz")
    for key in saved.files:
        found = outputs[key] if isinstance(outputs, dict) else outputs
        # Another processor, or another backend, adds in another order.
        np.testing.assert_allclose(found, saved[key], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("name", "steps"), [("tuned", 1), ("several", 2)])
def test_optimizers_have_their_state(name, steps):
    model = load(name)
    assert int(as_numpy(model.optimizer.iterations)) == steps
    assert any(np.any(as_numpy(v)) for v in model.optimizer.variables[2:])


def test_static_layers_are_static():
    x = make.inputs()
    model = load("static")
    np.testing.assert_array_equal(
        as_numpy(model.trunk(x, training=True)), as_numpy(model.trunk(x, training=False))
    )


@pytest.mark.backend("tensorflow", reason="features are kept apart by backend")
def test_cached_features_are_used(tmp_path):
    cache = copy_of("cache", tmp_path)
    before = {path: path.stat().st_mtime_ns for path in cache.rglob("*")}
    make.fit_cached(load("static"), cache)
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*")} == before


@pytest.mark.backend("tensorflow", reason="a run goes on on the backend that it began on")
def test_a_backup_goes_on(tmp_path):
    begun = []
    watch = keras.callbacks.LambdaCallback(on_epoch_begin=lambda epoch, _: begun.append(epoch))
    folder = copy_of("backup", tmp_path)
    history = make.fit_with_backup(load("several"), folder, [make.Kill(None), watch])
    assert begun == [1, 2]
    assert history.epoch == [0, 1, 2]
    assert list(folder.iterdir()) == []


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="a run goes on on the backend that it began on")
def test_a_backup_keeps_the_schedule_that_was_the_default_when_it_is_interrupted_again(tmp_path):
    folder = copy_of("backup", tmp_path)
    with pytest.raises(make.Killed):
        make.fit_with_backup(load("several"), folder, [make.Kill(2)])
    history = make.fit_with_backup(load("several"), folder, [make.Kill(None)])
    assert history.epoch == [0, 1, 2] and history.params["steps"] == 6 + 3


@pytest.mark.slow
def test_a_finished_search_is_not_repeated(tmp_path):
    copy_of("search", tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("trial.json")}
    tuner = make.search(load("source"), tmp_path / "search")
    assert {path: path.read_bytes() for path in tmp_path.rglob("trial.json")} == before
    assert [trial.phase for trial in tuner.results()] == ["frozen", "frozen", "fine-tuned"]
    assert tuner.get_best_models()[0].output_shape == (None, make.CLASSES)

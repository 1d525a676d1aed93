"""Small models, pictures and tables in files, and a way to run a command in this process."""

import json

import keras
import numpy as np
import pytest
from keras import layers
from typer.testing import CliRunner

from keras_mtl.cli.app import app

CLASSES = ("black", "brown")


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder with models and data of every kind; nothing in it is changed."""
    keras.utils.set_random_seed(0)
    place = tmp_path_factory.mktemp("cli")
    _write_models(place)
    generator = np.random.default_rng(0)
    x = generator.normal(size=(40, 3)).astype("float32")
    hair = (x[:, 0] > 0).astype(int)
    np.savez(place / "people.npz", x=x, y=hair, age=x[:, 1] * 10)
    rows = [f"{a:.4f},{b:.4f},{c:.4f},{CLASSES[y]}" for (a, b, c), y in zip(x, hair, strict=True)]
    (place / "people.csv").write_text("\n".join(["a,b,c,hair", *rows]))
    for index in range(8):
        shade = index % 2
        where = place / "pictures" / CLASSES[shade]
        where.mkdir(parents=True, exist_ok=True)
        pixels = generator.integers(100, size=(6, 6, 1)) + 150 * shade
        keras.utils.save_img(where / f"{index}.png", pixels, scale=False)
    return place


def _write_models(place):
    numbers = [keras.Input((3,), name="numbers"), layers.Dense(5, "relu", name="features")]
    keras.Sequential([*numbers, layers.Dense(2, "softmax", name="sex")], name="person").save(
        place / "sex.keras"
    )
    pictures = [keras.Input((4, 4, 1), name="image"), layers.Rescaling(1 / 255, name="scale")]
    pictures += [layers.Flatten(name="flat"), layers.Dense(6, "relu", name="features")]
    pictures += [layers.Dense(2, "softmax", name="sex")]
    keras.Sequential(pictures, name="portrait").save(place / "portrait.keras")
    unsafe = [keras.Input((3,)), layers.Lambda(lambda x: x * 2, output_shape=(3,))]
    keras.Sequential(unsafe).save(place / "unsafe.keras")


@pytest.fixture
def run(folder, monkeypatch):
    """Run a command in the folder, and return what it gave."""
    monkeypatch.chdir(folder)

    def run(*arguments):
        return CliRunner().invoke(app, [str(one) for one in arguments])

    return run


@pytest.fixture
def facts(run):
    """Run a command that has to succeed, and return the JSON that it printed."""

    def facts(*arguments):
        done = run(*arguments, "--json")
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    return facts


@pytest.fixture
def message(run):
    """Run a command that has to fail, and return exit code and message, which is one line."""

    def message(*arguments):
        done = run(*arguments)
        assert "Traceback" not in done.output
        said = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
        assert len(said) == 1 and done.stdout == "", done.output
        return done.exit_code, said[0]

    return message

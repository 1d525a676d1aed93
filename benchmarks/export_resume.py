"""`export` is killed at random moments: the path is never half-written, leftovers are removed.

A process exports a model again and again, in turn to a new version and over the first one, and is
killed at a random moment of the first two exports. After each kill every version must load, match
its manifest and predict what its model predicts; after one more export nothing hidden may be left.
Printed last: the kills after which all was whole.

    python benchmarks/export_resume.py [--kills 20] [--seed 0] [--format tf_saved_model]
"""

import argparse
import os
import random
import signal
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

import keras_mtl

X = np.linspace(-1, 1, 20).reshape(5, 4).astype("float32")


def model_of(number):
    """A model whose outputs tell which one it is."""
    trunk = keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(300, "relu")])
    model = keras_mtl.MultiTaskModel(trunk, {"hair": keras_mtl.Head(3), "age": keras_mtl.Head(2)})
    generator = np.random.default_rng(number)
    model.set_weights([generator.normal(size=one.shape) for one in model.get_weights()])
    return model


def export_again_and_again(base, form, ready, times=10_000):
    models = [model_of(number) for number in range(2)]
    os.write(ready, b"ready")
    for number in range(times):
        fresh = {"version": "next"} if number % 2 else {"version": 1, "overwrite": True}
        keras_mtl.export(models[number % 3 % 2], base, format=form, **fresh)


def check_versions(base, told):
    """Write the number of versions, each of which must give what one of the models gives."""
    expected = [model_of(number).predict(X, verbose=0)["hair"] for number in range(2)]
    versions = [one for one in base.iterdir() if one.name.isdigit()] if base.is_dir() else []
    for version in versions:
        actual = keras_mtl.load_export(version).predict(X, task="hair")
        assert any(np.abs(actual - one).max() < 1e-4 for one in expected), version
    os.write(told, str(len(versions)).encode())


def started(work, *arguments):
    """Start work in a fork, for which all is imported; return the process and what it tells."""
    reading, writing = os.pipe()
    process = os.fork()  # TensorFlow starts its threads with the first operation, in the fork.
    if process == 0:
        os.close(reading)
        try:
            work(*arguments, writing)
            os._exit(0)
        except BaseException as error:
            print(f"FAILED: {error!r}", flush=True)
            os._exit(1)
    os.close(writing)
    return process, reading


def answer(work, *arguments):
    process, reading = started(work, *arguments)
    told = os.read(reading, 100)
    os.close(reading)
    os.waitpid(process, 0)
    if not told:
        raise RuntimeError(f"{work.__name__} failed")
    return int(told)


def killed(base, form, after):
    process, reading = started(lambda *given: export_again_and_again(*given), base, form)
    assert os.read(reading, 5) == b"ready"
    time.sleep(after)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    os.close(reading)


def seconds_of_one(folder, form):
    process, reading = started(lambda *given: export_again_and_again(*given, times=1), folder, form)
    os.read(reading, 5)
    start = time.monotonic()
    os.waitpid(process, 0)
    return time.monotonic() - start


def hidden(base):
    folders = [base.parent, base] if base.is_dir() else [base.parent]
    return [name for folder in folders for name in os.listdir(folder) if name.startswith(".")]


def once_more(base, form, told):
    keras_mtl.export(model_of(0), base, format=form, version="next")
    os.write(told, b"1")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--format", default="tf_saved_model")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    for name in ("export", "load_export", "MultiTaskModel", "Head"):
        getattr(keras_mtl, name)  # Imported before the forks.
    good = left = 0
    with tempfile.TemporaryDirectory() as folder:
        base, form = Path(folder, "reader"), arguments.format
        whole = seconds_of_one(Path(folder, "first"), form)
        print(f"one export: {whole:.1f} s", flush=True)
        for number in range(arguments.kills):
            killed(base, form, random.uniform(0, 2 * whole))
            found = len(hidden(base))
            left += found
            versions = answer(check_versions, base)
            good += 1
            print(f"kill {number}: {versions} whole versions, left behind: {found}", flush=True)
        answer(once_more, base, form)
        answer(check_versions, base)
        remaining = hidden(base)
    print(f"left behind by kills: {left}; after one more export: {len(remaining)}")
    print(f"whole after a kill: {good}/{arguments.kills}")


if __name__ == "__main__":
    main()

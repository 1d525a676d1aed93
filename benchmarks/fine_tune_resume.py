"""A run of `fine_tune` in three phases, killed at 20 random moments: the weights at the end must be
those of a run that nothing interrupted, to the bit (TensorFlow, CPU).

Each process goes on from the backups of those before it until it is killed, at a random time that
also falls into compiling, validation and the writing of backups; the last one ends by itself.

python benchmarks/fine_tune_resume.py [number of kills]
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

STEP_SECONDS = 0.05  # A step sleeps, so that a run lasts long enough to be killed in it.


def train(folder, seed, started):
    """One process: it makes a file when it has begun to train."""
    import keras
    from sklearn.datasets import load_digits

    import keras_mtl
    from keras_mtl import Phase

    class Slow(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            started.touch()

        def on_train_batch_end(self, batch, logs=None):
            time.sleep(STEP_SECONDS)

    layers = keras.layers
    keras.utils.set_random_seed(seed)
    stack = [
        layers.Conv2D(8, 3, activation="relu", name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.Flatten(name="flatten"),
        layers.Dropout(0.3, name="dropout"),
        layers.Dense(32, activation="relu", name="dense"),
        layers.Dense(2, activation="softmax", name="parity"),
    ]
    source = keras.Sequential([keras.Input((8, 8, 1)), *stack])
    model = keras_mtl.transfer(source, cut=1, head=10)
    x, y = load_digits(return_X_y=True)
    x = (x / 16).reshape(-1, 8, 8, 1).astype("float32")
    until = keras.callbacks.EarlyStopping("val_loss", patience=2, min_delta=0.05)
    phases = [
        Phase("head", epochs=5, learning_rate=1e-2),
        Phase("dense", epochs=8, learning_rate=3e-3, until=until),
        Phase("all", epochs=5, learning_rate=1e-3, decay=0.7),
    ]
    history = keras_mtl.fine_tune(
        model,
        x[:200],
        y[:200],
        validation_data=(x[200:300], y[200:300]),
        phases=phases,
        callbacks=[Slow()],
        seed=0,
        verbose=0,
        batchnorm="train",
        backup=folder / "backup",
        backup_every=3,
    )
    columns = [np.array(values, float) for values in history.history.values()]
    values = [keras.ops.convert_to_numpy(variable) for variable in model.variables]
    np.savez(folder / "end.npz", *values, *columns)


def run(folder, seed, seconds=None):
    """Run a process in a folder, and kill it some seconds after it has begun to train."""
    started = folder / "started"
    started.unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, __file__, "--folder", str(folder), str(seed)])
    while seconds is not None and process.poll() is None and not started.exists():
        time.sleep(0.01)
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        return process.wait()


def main(kills):
    draw = random.Random(0)
    with tempfile.TemporaryDirectory() as temporary:
        whole, killed = Path(temporary, "whole"), Path(temporary, "killed")
        whole.mkdir()
        killed.mkdir()
        began = time.perf_counter()
        assert run(whole, 0) == 0
        print(f"without interruption: {time.perf_counter() - began:.0f} s", flush=True)
        done = 0
        while done < kills and not (killed / "end.npz").exists():
            seconds = draw.uniform(0.0, 3.0)
            # Other weights each time: only the backups can make the end the same.
            seed = done if (killed / "backup" / "backup.npz").exists() else 0
            ended = run(killed, seed, seconds)
            done += ended == -signal.SIGKILL
            print(f"kill {done} after {seconds:.2f} s of training", flush=True)
        while not (killed / "end.npz").exists():
            assert run(killed, 99) == 0
        with np.load(whole / "end.npz") as one, np.load(killed / "end.npz") as other:
            same = [np.array_equal(one[name], other[name]) for name in one.files]
        print(f"{sum(same)} of {len(same)} variables and columns bit-equal after {done} kills")
        sys.exit(not all(same))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kills", nargs="?", type=int, default=20)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.folder:
        train(arguments.folder, arguments.kills, arguments.folder / "started")
    else:
        main(arguments.kills)

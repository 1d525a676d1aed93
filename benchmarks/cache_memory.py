"""Features larger than memory through `cache=path`: the peak of resident memory stays under 2 GB.

100,000 rows of 7x7x1280 float32 numbers are 25 GB; `--rows` scales that. The trunk is made up: it
spreads a few numbers a sample over a map of features, and the head has no pooling before its
convolution, so that the maps themselves are kept."""

import argparse
import resource
import tempfile
import time
from pathlib import Path

import keras
import numpy as np

from keras_mtl import fit_cached, transfer

SIDE, CHANNELS, WIDTH = 7, 1280, 16
LIMIT = 2.0  # GB


def made_up_trunk():
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((WIDTH,)),
            layers.RepeatVector(SIDE * SIDE),
            layers.Dense(CHANNELS),
            layers.Reshape((SIDE, SIDE, CHANNELS), name="map"),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )


def convolution():
    layers = keras.layers
    return [
        layers.Conv2D(4, 1, activation="relu"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(1),
    ]


def peak():
    """The largest resident memory so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def main(rows, epochs, folder):
    model = transfer(made_up_trunk(), "map", head=convolution(), verify=False)
    model.compile("adam", "mse")
    x = np.random.default_rng(0).random((rows, WIDTH), dtype="float32")
    y = x.sum(axis=1)
    before, start = peak(), time.perf_counter()
    with tempfile.TemporaryDirectory(dir=folder) as cache:
        history = fit_cached(model, x, y, epochs=epochs, batch_size=32, verbose=2, cache=cache)
        size = sum(file.stat().st_size for file in Path(cache).rglob("*.bin")) / 1e9
    print(
        f"{rows} rows, {size:.1f} GB of features, {epochs} epochs, loss {history.history['loss']}"
    )
    print(f"{time.perf_counter() - start:.0f} s; peak before {before:.2f} GB")
    print(f"peak: {peak():.2f} GB (target: {LIMIT})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--folder", help="where the features are written; temporary by default")
    arguments = parser.parse_args()
    main(arguments.rows, arguments.epochs, arguments.folder)

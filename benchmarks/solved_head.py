"""A solved head against 20 frozen epochs, both by `fit_cached`: at most half of the time.

A small convolutional network and an MLP on a table; 200, 1000 and 5000 labels of ten classes, the
pass through the frozen layers and all tracing included. Run in turn; medians of paired ratios."""

import argparse

import keras
import numpy as np
from _paired import compare

from keras_mtl import fit_cached, transfer

CLASSES, EPOCHS, LABELS = 10, 20, (200, 1000, 5000)
layers = keras.layers


def pictures(count):
    centres = np.random.default_rng(0).normal(size=(CLASSES, 28, 28, 1))
    return drawn(centres, count)


def table(count):
    centres = np.random.default_rng(0).normal(size=(CLASSES, 30)) / 2
    return drawn(centres, count)


def drawn(centres, count):
    generator = np.random.default_rng(1)
    y = generator.integers(CLASSES, size=count)
    x = centres[y] + generator.normal(scale=2, size=(count, *centres.shape[1:]))
    return x.astype("float32"), y


def convolutional():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(2, activation="softmax"),
        ]
    )


def perceptron():
    return keras.Sequential(
        [
            keras.Input((30,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(2, activation="softmax"),
        ]
    )


def train(trained, x, y, **options):
    fit_cached(transfer(trained, 1, head=CLASSES, verify=False), x, y, verbose=0, **options)


def ratio(trained, data, runs):
    """Return the time of the solved head as a share of that of the epochs."""
    return compare(
        *("solved", lambda: train(trained, *data)),
        *(f"{EPOCHS} epochs", lambda: train(trained, *data, epochs=EPOCHS)),
        runs=runs,
    )


def main(runs):
    ratios = []
    for name, trained, data in (
        ("convolutional network", convolutional(), pictures),
        ("table", perceptron(), table),
    ):
        for count in LABELS:
            print(f"{name}, {count} labels")
            ratios.append(ratio(trained, data(count), runs))
    print(f"largest ratio: {max(ratios):.2f} (target: at most 0.5)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    main(parser.parse_args().runs)

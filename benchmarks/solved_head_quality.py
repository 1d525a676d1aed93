"""Test accuracy of frozen trunks on handwriting: the head as `fit_cached` trains it by default,
against 20 epochs at two rates and against scikit-learn; the default within one point of the best.

First tasks: odd or even, which fifth of the digits; second task: the digit. Means over seeds."""

import argparse

import keras
import numpy as np
from _handwriting import Handwriting
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from keras_mtl import FeatureExtractor, fit_cached, transfer

LABELS = (10, 50, 200, 1000, 5000)
FIRST_TASKS = {"parity": lambda digit: digit % 2, "fifth": lambda digit: digit // 2}
layers = keras.layers


def network(task, images, labels, seed):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(int(task(9)) + 1, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(images, task(labels), epochs=2, batch_size=64, verbose=0)
    return model


def head(trained, data, rate=None, **options):
    model = transfer(trained, 1, head=10, verify=False)
    if rate is not None:
        model.compile(keras.optimizers.Adam(rate), loss=model.loss, metrics=["accuracy"])
    fit_cached(model, *data, verbose=0, **options)
    return lambda test: model.evaluate(*test, verbose=0)[1]


def estimator(trained, data, last):
    pipeline = make_pipeline(FeatureExtractor(trained, cut=1), StandardScaler(), last)
    return lambda test: pipeline.fit(*data).score(*test)


WAYS = {
    "default": head,
    "1e-3, 20 epochs": lambda trained, data: head(trained, data, 1e-3, epochs=20),
    "1e-2, 20 epochs": lambda trained, data: head(trained, data, 1e-2, epochs=20),
    "LogisticRegression": lambda trained, data: estimator(
        trained, data, LogisticRegression(max_iter=1000)
    ),
    "5 neighbours": lambda trained, data: estimator(trained, data, KNeighborsClassifier()),
    "1 neighbour": lambda trained, data: estimator(trained, data, KNeighborsClassifier(1)),
}


def main(seeds, first):
    accuracies = {}
    for seed in range(seeds):
        drawn = Handwriting(seed)
        rows = drawn.first[:first]
        for pair, task in FIRST_TASKS.items():
            trained = network(task, drawn.images[rows], drawn.digits[rows], seed)
            for count in LABELS:
                data = drawn.labelled(count)
                for name, way in WAYS.items():
                    score = way(trained, data)(drawn.test)
                    accuracies.setdefault((pair, count, name), []).append(100 * score)
                keras.utils.clear_session()
    losses = []
    for pair in FIRST_TASKS:
        for count in LABELS:
            means = {name: np.mean(accuracies[pair, count, name]) for name in WAYS}
            losses.append(max(means.values()) - means["default"])
            print(f"{pair} > digit, {count} labels:", {n: round(m, 1) for n, m in means.items()})
    print(f"points lost by the default: mean {np.mean(losses):.2f}, worst {max(losses):.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first", type=int, default=10_000, help="labels of the first task")
    options = parser.parse_args()
    main(options.seeds, options.first)

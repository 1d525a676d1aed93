"""`TransferModel.fit` against the `fit` of Keras, on the same model, rows and seed, in one run:
at most .75 of the time for a small CNN, .35 for an MLP, 1.03 for MobileNetV2 at 96 px.

Epochs are timed in pairs, warm, each way with a model of its own. Then whole fits of fresh models
on five batches, tracing included, whose weights are compared."""

import argparse
from functools import partial

import keras
import numpy as np
from _paired import compare, timed

from keras_mtl import transfer

CLASSES, BATCH_SIZE, FEW = 10, 32, 5
layers = keras.layers


def cnn():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(8, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(32, "relu"),
            layers.Dense(5),
        ]
    )


def mlp():
    return keras.Sequential(
        [keras.Input((40,)), layers.Dense(64, "relu"), layers.Dense(32, "relu"), layers.Dense(5)]
    )


def mobilenet():
    return keras.applications.MobileNetV2(input_shape=(96, 96, 3), weights=None)


CASES = {"mlp": (mlp, 200, 0.35), "cnn": (cnn, 100, 0.75), "mobilenet": (mobilenet, 4, 1.03)}
WAYS = {"ours": lambda model: model.fit, "keras": lambda model: keras.Model.fit.__get__(model)}


def fresh(make):
    keras.utils.set_random_seed(0)
    return transfer(make(), 1, freeze=False, head=CLASSES, batchnorm="train", verify=False)


def data(model, batches):
    random = np.random.default_rng(0)
    rows = batches * BATCH_SIZE
    x = random.random((rows, *model.input_shape[1:]), dtype="float32")
    return x, random.integers(CLASSES, size=rows)


def largest_difference(models):
    pairs = zip(*(model.get_weights() for model in models), strict=True)
    return max(float(np.abs(one - other).max()) for one, other in pairs)


def compare_epochs(make, batches, runs):
    """Print the times of warm epochs."""
    models = {way: fresh(make) for way in WAYS}
    x, y = data(models["ours"], batches)

    def train(way):
        WAYS[way](models[way])(x, y, batch_size=BATCH_SIZE, verbose=0)

    compare("TransferModel.fit", lambda: train("ours"), "keras", lambda: train("keras"), runs=runs)


def compare_first_fits(make, runs):
    """Print the times of whole fits of fresh models, and how much their weights differ."""
    seconds = {way: [] for way in WAYS}
    for _ in range(runs):
        models = {way: fresh(make) for way in WAYS}
        x, y = data(models["ours"], FEW)
        for way, model in models.items():
            fit = partial(WAYS[way](model), x, y, batch_size=BATCH_SIZE, verbose=0)
            keras.utils.set_random_seed(1)
            seconds[way].append(timed(fit))
    print(
        f"{FEW} batches, largest difference of weights: {largest_difference(models.values()):.2g}"
    )
    print({way: [round(one, 2) for one in own] for way, own in seconds.items()})
    print(f"ratio: {np.median(np.divide(seconds['ours'], seconds['keras'])):.3f}\n", flush=True)


def main(names, runs):
    for name in names:
        make, batches, target = CASES[name]
        print(f"{name}, {keras.backend.backend()}, epochs of {batches} batches, target {target}")
        compare_epochs(make, batches, runs)
        compare_first_fits(make, max(2, runs // 3))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="*", default=list(CASES), choices=list(CASES))
    parser.add_argument("--runs", type=int, default=7)
    arguments = parser.parse_args()
    main(arguments.cases, arguments.runs)

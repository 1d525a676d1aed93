"""Made-up results of a comparison, and the page that is made of them."""

import math

import keras
import numpy as np

from keras_mtl.explaining.explain import explain
from keras_mtl.explaining.network_parts import Fate, NetworkPart, NetworkParts
from keras_mtl.pictures.scores_by_depth import DepthScore
from keras_mtl.report.report_data import Depths, ReportData
from keras_mtl.results.run import Run
from keras_mtl.results.verdict import verdict

MEANS = {
    "features+knn": (0.55, 0.72, 0.80),
    "frozen": (0.63, 0.81, 0.88),
    "fine-tuned": (0.60, 0.84, 0.95),
    "from-scratch": (0.35, 0.66, 0.93),
}
COUNTS = (20, 100, 500)


def made_up_runs(means=MEANS, counts=COUNTS, seeds=3):
    """Runs with noise; those that train by steps have a history."""
    noise = np.random.default_rng(0).normal(0, 0.01, (len(means), len(counts), seeds))
    return [
        Run(
            strategy,
            labels,
            seed,
            cut="flatten",
            score=means[strategy][column] + float(noise[row, column, seed]),
            seconds=0.1 + row + column + 0.01 * seed,
            parameters=100 * row,
            history={"loss": [2.0, 1.0, 0.5], "val_loss": [2.0, 1.5]} if row > 1 else {},
        )
        for row, strategy in enumerate(means)
        for column, labels in enumerate(counts)
        for seed in range(seeds)
    ]


def failed_run(strategy="fine-tuned", labels=500, seed=7, error="InvalidCut: none"):
    return Run(strategy, labels, seed, None, math.nan, 0.0, 0, error=error)


def part(layer, fate):
    return NetworkPart("trunk", layer, fate, 1, "Dense", (None, 8), 1234, 0)


def made_up_data(**changes):
    """All that a page can show."""
    layers = [DepthScore("conv", 0.4, 0.02), DepthScore("dense", 0.6, 0.03)]
    data = {
        "title": "Digits",
        "runs": [*made_up_runs(), failed_run()],
        "judged": "Scores on 540 test rows.",
        "depths": Depths(layers, "accuracy", "dense", chance=0.1, note="Best: dense"),
        "network": NetworkParts("digit", [part("conv", Fate.STATIC), part("<head>", Fate.NEW)]),
        "settings": {"trained network": "parity_network", "cut": "auto"},
        "versions": {"keras": "3.15.0"},
        "call": 'keras_mtl.compare(trained, x, y, cut="auto")',
    }
    data |= changes
    return ReportData(**{"verdict": verdict(data["runs"]), **data})


def made_up_explanation(classes=("even", "odd", "<b>none</b>"), *, pictures=True):
    """Of a model that reads the mean of a picture from its first pixels."""
    x = np.random.default_rng(0).random((40, 6, 6, 1)).astype("float32")
    y = (x.mean(axis=(1, 2, 3)) * 100).astype(int) % len(classes)
    layers = [keras.layers.Conv2D(2, 3), keras.layers.GlobalAveragePooling2D()]
    if not pictures:
        x, layers = x.reshape(40, 36), []
    model = keras.Sequential(
        [keras.Input(x.shape[1:]), *layers, keras.layers.Dense(len(classes), "softmax")]
    )
    return explain(model, x, y, classes=list(classes), verbose=0)

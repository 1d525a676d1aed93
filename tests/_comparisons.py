"""A small network, labelled data and strategies that take no time, for tests of comparisons."""

import numpy as np

from _estimators import blobs, network
from keras_mtl.comparing.checked_experiment import checked_experiment
from keras_mtl.comparing.strategies.strategy import Fitted, Strategy
from keras_mtl.estimators.samples import Samples


class FittedMeans(Fitted):
    parameters = 48
    history = {"loss": [1.0]}  # noqa: RUF012

    def __init__(self, task, cut, means):
        self.task, self.cut, self.means = task, cut, means

    def predict(self, samples):
        features = samples.features(self.task.vectors(self.cut))
        distances = ((features[:, None] - self.means) ** 2).sum(axis=-1)
        return self.task.labels.classes[distances.argmin(axis=1)]

    def model(self):
        return MeansModel(self)


class MeansModel:
    def __init__(self, fitted):
        self.fitted = fitted

    def predict(self, x):
        return self.fitted.predict(Samples([np.asarray(x)], 32))


class Means(Strategy):
    """Predicts the class whose mean features are the nearest, after some noise."""

    def __init__(self, name):
        self.name = name

    def fit(self, task, cut, data, seed):
        features = data.samples.features(task.vectors(cut))
        means = np.stack([features[data.values == one].mean(axis=0) for one in range(3)])
        noise = np.random.default_rng(seed).normal(size=means.shape)
        return FittedMeans(task, cut, means + 0.3 * noise)


CHEAP = [Means("means"), Means("others")]
DEFAULTS = {
    "cut": "first",
    "strategies": CHEAP,
    "labels": [6, 20],
    "seeds": 2,
    "test": None,
    "auxiliary": None,
    "kind": "auto",
    "metric": "auto",
    "pooling": "auto",
    "batch_size": 32,
}


class Majority:
    """Predicts the most frequent label, and counts how often it was trained."""

    def fit(self, model, cut, x, y, seed):
        names, times = np.unique(y, return_counts=True)
        self.label = names[times.argmax()]

    def predict(self, x):
        return np.full(len(x), self.label)


class Failing:
    """Fails with more than 6 labels."""

    def fit(self, model, cut, x, y, seed):
        if len(y) > 6:
            raise RuntimeError("too many for me")
        self.label = y[0]

    def predict(self, x):
        return np.full(len(x), self.label)


def named_blobs(samples=60):
    """Samples of three classes that have names."""
    x, y = blobs(samples)
    return x, np.array(["ash", "bay", "cob"])[y]


def experiment(x=None, y=None, model=None, **arguments):
    """An experiment on blobs."""
    if x is None:
        x, y = named_blobs()
    return checked_experiment(model or network(), x, y, **{**DEFAULTS, **arguments})


def with_test(**arguments):
    """An experiment with 20 test rows."""
    x, y = named_blobs()
    return experiment(x[:40], y[:40], test=(x[40:], y[40:]), **arguments)

"""Small searches by `CutTuner`."""

import keras

from keras_mtl.datasets.digits import digits
from keras_mtl.tuning.hypermodel import CutHyperModel
from keras_mtl.tuning.tuner import CutTuner

layers = keras.layers


def network(seed=0):
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.Flatten(name="flatten"),
            layers.Dropout(0.5, name="dropout"),
            layers.Dense(2, name="parity"),
        ],
        name="network",
    )


class Eager(CutHyperModel):
    """Trains without tracing, which costs more than all steps of a small search."""

    def build(self, hp):
        model = super().build(hp)
        model.run_eagerly = True
        return model


def search_in(folder, head=10, **kwargs):
    options = {"frozen_trials": 2, "tuned_trials": 2, "epochs": 2, **kwargs}
    return CutTuner(Eager(network(), head), directory=folder, **options)


def data(samples=40):
    return digits(labels={"digit": samples})["digit"]


def run(tuner, **kwargs):
    tuner.search(*data(), **{"validation_split": 0.25, "verbose": 0, **kwargs})
    return tuner


def trials_of(tuner):
    return [(trial.phase, trial.cut, trial.epochs) for trial in tuner.results()]


def scores_of(tuner):
    return [trial.score for trial in tuner.results()]

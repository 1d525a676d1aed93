"""Make the files of this folder by an installed version of keras_mtl: `python make.py`.

They were made by version 0.1.0 as it stood before the rooms were rebuilt, on TensorFlow.
`tests/test_saved_files.py` reads them by the version at hand, with what this file defines.
"""

import contextlib
import shutil
from pathlib import Path

import keras
import numpy as np

import keras_mtl

FOLDER = Path(__file__).parent
CLASSES = 3


class Killed(Exception):
    """Ends a run where a kill would."""


class Kill(keras.callbacks.Callback):
    """Ends a run at the beginning of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self._epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self._epoch:
            raise Killed


def inputs(rows=24):
    return np.random.default_rng(0).normal(size=(rows, 6)).astype("float32")


def labels(classes=CLASSES, rows=24):
    return np.random.default_rng(1).integers(classes, size=rows)


def trained():
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6,), name="measurements"),
            layers.Dense(5, "relu", name="first"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.5, name="drop"),
            layers.Dense(4, "relu", name="last"),
            layers.Dense(2, "softmax", name="logits"),
        ],
        name="trained",
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(inputs(), labels(2), epochs=2, verbose=0)
    return model


def fit_cached(model, folder):
    """The run whose features are in the folder `cache`."""
    return keras_mtl.fit_cached(
        model, inputs(), labels(), epochs=2, batch_size=8, verbose=0, cache=folder
    )


def fit_with_backup(model, folder, callbacks=None):
    """The run that was interrupted, and whose backup is in the folder `backup`."""
    data = {"sex": (inputs(), labels(2)), "hair": (inputs(12), labels(rows=12))}
    options = {"epochs": 3, "batch_size": 4, "seed": 3, "verbose": 0}
    return model.fit(data, backup=folder, callbacks=callbacks, **options)


def search(source, folder):
    """The search whose state is in the folder `search`."""
    hypermodel = keras_mtl.CutHyperModel(source, CLASSES, cuts=["first", "last"])
    tuner = keras_mtl.CutTuner(
        hypermodel, frozen_trials=2, tuned_trials=1, epochs=1, directory=folder
    )
    tuner.search(inputs(), labels(), validation_split=0.25, verbose=0)
    return tuner


def save(model, name):
    """The model, and what it predicts."""
    model.save(FOLDER / f"{name}.keras")
    outputs = model.predict(inputs(), verbose=0)
    outputs = outputs if isinstance(outputs, dict) else {"outputs": outputs}
    np.savez(FOLDER / f"{name}.npz", **outputs)


def main():
    for old in ("cache", "backup", "search"):
        shutil.rmtree(FOLDER / old, ignore_errors=True)
    keras.utils.set_random_seed(0)
    source = trained()
    save(source, "source")
    static = keras_mtl.transfer(source, cut=1, freeze=True, head=CLASSES)
    save(static, "static")
    fit_cached(static, FOLDER / "cache")
    tuned = keras_mtl.transfer(
        source, cut="norm", freeze=False, head=keras_mtl.Head(CLASSES, hidden=[4])
    )
    tuned.fit(inputs(), labels(), verbose=0)
    save(tuned, "tuned")
    several = keras_mtl.MultiTaskModel.from_model(
        source, cut=1, task="sex", heads={"hair": CLASSES}
    )
    several.fit({"sex": (inputs(), labels(2)), "hair": (inputs(), labels())}, verbose=0)
    save(several, "several")
    with contextlib.suppress(Killed):
        fit_with_backup(several, FOLDER / "backup", [Kill(1)])
    search(source, FOLDER / "search")


if __name__ == "__main__":
    main()

"""A search takes labels by the names of classes."""

import keras
import numpy as np
import pytest

from _helpers import draw
from keras_mtl import CutHyperModel, CutTuner, Head, predict_classes

X = draw(40, 4)
NAMES = np.array(["cat", "dog"])[(X[:, 0] > 0).astype(int)]


class Batches(keras.utils.PyDataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        part = slice(20 * index, 20 * index + 20)
        return X[part], NAMES[part]


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        {"x": X, "y": NAMES, "validation_data": (X, NAMES.tolist())},
        {"x": X, "y": NAMES.tolist(), "validation_split": 0.25},
        {"x": Batches(), "validation_data": Batches()},
    ],
    ids=["arrays", "split", "PyDataset"],
)
def test_search(data, tmp_path):
    trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(6), keras.layers.Dense(3)])
    hypermodel = CutHyperModel(trained, Head(classes=["cat", "dog"]))
    settings = {"frozen_trials": 1, "tuned_trials": 1, "epochs": 1, "directory": tmp_path}
    tuner = CutTuner(hypermodel, **settings)
    tuner.search(**data, verbose=0)
    (best,) = tuner.get_best_models()
    assert best.head.classes == ("cat", "dog")
    assert set(predict_classes(best, X, verbose=0)) <= {"cat", "dog"}

"""Labels fit a head, and give its classes their names."""

import numpy as np
import pytest

import keras_mtl
from keras_mtl.cli.failures import CommandFailed
from keras_mtl.cli.head_labels import name_classes
from keras_mtl.cli.model_files import read_model


def data(labels):
    return keras_mtl.datasets.from_arrays({"x": np.ones((6, 3)), "y": labels})["y"]


def test_names_come_from_the_data_once(folder):
    model = keras_mtl.transfer(read_model(folder / "sex.keras"), 1, head=2)
    name_classes(model, data(np.arange(6) % 2))
    assert model.head.classes is None
    name_classes(model, data(np.array(["black", "brown"] * 3)))
    assert model.head.classes == ("black", "brown")
    assert set(keras_mtl.predict_classes(model, np.ones((2, 3)), verbose=0)) <= {"black", "brown"}
    name_classes(model, data(np.array(["b", "a"] * 3)))
    assert model.head.classes == ("black", "brown")
    with pytest.raises(CommandFailed, match=r"with 2 outputs.*with 3: a, b, c"):
        name_classes(model, data(np.array(["a", "b", "c"] * 2)))

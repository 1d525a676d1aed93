import keras
import numpy as np
import pytest

from keras_mtl import Head, MultiTaskModel
from keras_mtl.errors import TaskNotFound
from keras_mtl.explaining.model_output import ModelOutput

X = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")


def several(outputs):
    inputs = keras.Input((4,))
    parts = {name: keras.layers.Dense(size, name=name)(inputs) for name, size in outputs.items()}
    return keras.Model(inputs, parts), keras.Model(inputs, list(parts.values()))


def test_outputs_are_found_by_name():
    by_name, by_order = several({"size": 1, "hair": 3})
    for model in (by_name, by_order):
        output = ModelOutput.of(model, "hair")
        assert output.of_batch(X).shape == (5, 3)
        with pytest.raises(ValueError, match=r"has the outputs \[.*name one by `task`"):
            ModelOutput.of(model, None)
        with pytest.raises(TaskNotFound, match="Did you mean 'hair'"):
            ModelOutput.of(model, "hiar")


def test_the_output_of_a_task_runs_alone():
    trunk = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model = MultiTaskModel(trunk, {"sex": Head(1, "binary"), "hair": Head(classes=["a", "b"])})
    output = ModelOutput.of(model, "hair")
    assert output.of_batch(X) == pytest.approx(model.predict(X, verbose=0)["hair"], abs=1e-6)
    assert output.meaning.classes == ("a", "b")

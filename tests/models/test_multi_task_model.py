"""Compiling a multi-task model, and what Keras and the rest of keras_mtl do with it."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from keras import layers

import keras_mtl
from _helpers import draw, reload
from _task_trunks import FAST, HEADS, convolutions
from _two_tasks import EAGER, WIDTH, bits, trunk, two_data_sets, two_tasks
from _watching import as_numpy, same_bits
from keras_mtl import MultiTaskModel, transfer
from keras_mtl.errors import MissingLoss, TaskNotFound, UnsupportedModel

exports = pytest.mark.backend("tensorflow", "jax", reason="only these write a SavedModel")


def test_a_head_without_a_loss_is_told_one_at_compile():
    model = MultiTaskModel(trunk(), {"age": layers.Dense(1), "hair": 3})
    assert not model.compiled
    with pytest.raises(ValueError, match="call `compile`"):
        model.fit(two_data_sets())
    with pytest.raises(MissingLoss, match="'age'"):
        model.compile("adam")
    with pytest.raises(TaskNotFound, match="Did you mean 'age'"):
        model.compile("adam", loss={"ages": "mse"})
    for one_each in (
        {"loss": ["mse", "mse"]},
        {"loss_weights": [1, 2]},
        {"metrics": [["mae"], []]},
    ):
        with pytest.raises(ValueError, match="is a dict by task"):
            model.compile("adam", **{"loss": {"age": "mse"}, **one_each})
    model.compile("adam", loss={"age": "mse"}, run_eagerly=EAGER)
    assert "hair_accuracy" in model.fit(two_data_sets(), steps_per_epoch=2, **FAST).history


SCRIPT = """
import sys
import keras, keras_mtl, numpy as np
model = keras.models.load_model(sys.argv[1])
data = np.load(sys.argv[2])
assert type(model).__name__ == "MultiTaskModel" and model.tasks == ("age", "hair")
for task in model.tasks:
    found = model.predict(data["x"], task=task, verbose=0)
    np.testing.assert_allclose(found, data[task], 1e-5, 1e-6, err_msg=task)
variables = [keras.ops.convert_to_numpy(v) for v in model.optimizer.variables]
assert len(variables) == int(data["count"])
assert all(np.array_equal(v, data[f"o{i}"]) for i, v in enumerate(variables))
model.fit({"age": (data["x"], data["age"]), "hair": (data["x"], np.arange(8) % 3)}, verbose=0)
"""


@pytest.mark.slow
def test_another_process_loads_it_after_import(tmp_path):
    model = two_tasks(optimizer={"trunk": "sgd", "age": "adam", "hair": "adamw"})
    model.fit(two_data_sets(), steps_per_epoch=3, **FAST)
    x = draw(8, WIDTH)
    model.save(tmp_path / "model.keras")
    slots = {f"o{i}": as_numpy(v) for i, v in enumerate(model.optimizer.variables)}
    outputs = {task: model.predict(x, task=task, verbose=0) for task in model.tasks}
    np.savez(tmp_path / "data.npz", x=x, count=len(slots), **slots, **outputs)
    subprocess.run(
        [sys.executable, "-c", SCRIPT, tmp_path / "model.keras", tmp_path / "data.npz"],
        env=os.environ | {"PYTHONPATH": str(Path(keras_mtl.__file__).parents[1])},
        check=True,
    )


def test_from_scratch_is_a_multi_task_model_that_trains():
    model = two_tasks(optimizer={"trunk": "sgd", "age": "adam", "hair": "sgd"})
    control = keras_mtl.from_scratch(model, seed=1)
    assert isinstance(control, MultiTaskModel) and control.tasks == model.tasks
    assert not {id(v) for v in control.variables} & {id(v) for v in model.variables}
    control.run_eagerly = EAGER
    start = [np.array(value) for value in control.get_weights()]
    control.fit(two_data_sets(), steps_per_epoch=4, **FAST)
    for before, after in zip(start, control.get_weights(), strict=True):
        assert not np.array_equal(before, after)


def test_to_plain_gives_a_model_of_keras_with_the_same_outputs(tmp_path):
    model = MultiTaskModel(transfer(convolutions(), cut="relu"), HEADS)
    plain = keras_mtl.to_plain(model)
    x = draw(3, 6, 6, 1)
    assert type(plain).__module__.startswith("keras.")
    assert same_bits(reload(plain, tmp_path)(x), model(x))


@pytest.mark.parametrize("verb", [keras_mtl.freeze, keras_mtl.unfreeze])
def test_layers_are_frozen_in_the_trunk(verb):
    model = MultiTaskModel(transfer(convolutions(), cut="relu"), HEADS)
    with pytest.raises(UnsupportedModel, match="the `trunk` and `compile` it again"):
        verb(model)
    verb(model.trunk)
    model.compile("sgd", run_eagerly=EAGER)
    start = bits(model.trunk.trainable_variables)
    data = {"age": (draw(8, 6, 6, 1), draw(8, 1)), "hair": (draw(8, 6, 6, 1), np.arange(8) % 3)}
    whole = bits(model.trunk.variables)
    model.fit(data, **FAST)
    if verb is keras_mtl.freeze:
        assert not start and bits(model.trunk.variables) == whole
    else:
        assert bits(model.trunk.trainable_variables) != start


@exports
def test_an_export_has_a_signature_for_each_task(tmp_path):
    import tensorflow as tf

    model = two_tasks()
    x = draw(3, WIDTH)
    path = keras_mtl.export(model, tmp_path / "exported")
    loaded = tf.saved_model.load(path)
    assert set(loaded.signatures) == {"serve", "serving_default", "features", "age", "hair"}
    whole = loaded.signatures["serving_default"](x=tf.constant(x))
    for task, expected in model.predict(x, verbose=0).items():
        for outputs in (whole, loaded.signatures[task](x=tf.constant(x))):
            np.testing.assert_allclose(outputs[task].numpy(), expected, rtol=1e-5, atol=1e-6)
    assert set(loaded.signatures["age"](x=tf.constant(x))) == {"age"}

"""A loaded export predicts what the model predicts, in a process that has no Keras."""

import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers

import keras_mtl
from _helpers import draw
from keras_mtl.errors import DamagedExport, ExportNotFound, InvalidFeatures, TaskNotFound

exports = pytest.mark.backend("tensorflow", "jax", reason="elsewhere another process writes it")


def portraits():
    trunk = keras.Sequential([keras.Input((4,), name="x"), layers.Dense(3, "relu", name="hidden")])
    heads = {
        "hair": keras_mtl.Head(classes=["black", "blond", "red"]),
        "glasses": keras_mtl.Head(kind="binary", classes=["no", "yes"]),
        "wears": keras_mtl.Head(kind="multilabel", classes=["hat", "tie"]),
        "age": keras_mtl.Head(1, "regression"),
    }
    return keras_mtl.MultiTaskModel(trunk, heads)


@pytest.mark.slow
@exports
def test_it_predicts_what_the_model_predicts(tmp_path):
    model, x = portraits(), draw(5, 4)
    path = keras_mtl.export(model, tmp_path / "reader", version=3, sample=x)
    assert path == tmp_path / "reader" / "3"
    loaded = keras_mtl.load_export(tmp_path / "reader")
    assert (loaded.path, loaded.format, loaded.tasks) == (path, "tf_saved_model", model.tasks)
    assert loaded.classes == {
        name: head.classes for name, head in model.heads.items() if head.classes
    }
    expected, actual = model.predict(x, verbose=0), loaded.predict(x, batch_size=2)
    assert set(actual) == set(expected)
    for task, values in expected.items():
        np.testing.assert_allclose(actual[task], values, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(
            loaded.predict({"x": x}, task=task, batch_size=2), actual[task]
        )
    named = keras_mtl.predict_classes(model, x, verbose=0)
    assert {task: values.tolist() for task, values in loaded.predict_classes(x).items()} == {
        task: values.tolist() for task, values in named.items()
    }
    with pytest.raises(ValueError, match="`age` has no classes"):
        loaded.predict_classes(x, task="age")
    with pytest.raises(TaskNotFound, match="Did you mean 'hair'"):
        loaded.predict(x, task="hiar")
    with pytest.raises(InvalidFeatures, match=r"\(None, 4\)"):
        loaded.predict(draw(2, 5))
    assert {one.name: one.max_difference < 1e-5 for one in loaded.manifest.parity} == dict.fromkeys(
        expected, True
    )
    (path / "saved_model.pb").write_bytes(b"another model")
    with pytest.raises(DamagedExport, match=r"`saved_model\.pb`"):
        keras_mtl.load_export(path)


@pytest.mark.slow
@exports
def test_outputs_come_in_the_structure_in_which_the_model_gives_them(tmp_path):
    x = keras.Input((3,), name="x")
    model = keras.Model(x, [layers.Dense(2, name="a")(x), layers.Dense(1, name="b")(x)])
    loaded = keras_mtl.load_export(keras_mtl.export(model, tmp_path / "list"))
    for actual, expected in zip(loaded.predict(draw(2, 3)), model.predict(draw(2, 3)), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-5)


@pytest.mark.parametrize("path", ["missing", "", None, 3])
def test_no_export_is_told(path, tmp_path):
    with pytest.raises(ExportNotFound):
        keras_mtl.load_export(path if path != "missing" else tmp_path / path)
    with pytest.raises(ExportNotFound, match=r"no `manifest\.json`"):
        keras_mtl.load_export(tmp_path)


WITHOUT_KERAS = """
import sys
sys.modules["keras"] = None  # importing it fails
from keras_mtl import load_export
import numpy as np
for path in sys.argv[1:]:
    loaded = load_export(path)
    data = np.load(f"{path}.npz")
    for task in loaded.tasks:
        assert np.abs(loaded.predict(data["x"], task=task) - data[task]).max() < 1e-5, (path, task)
    assert loaded.predict_classes(data["x"], task="hair").tolist() == data["classes"].tolist()
"""


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="it converts all formats in one process")
def test_every_format_runs_where_keras_cannot_be_imported(tmp_path):
    for package in ("onnxruntime", "tf2onnx", "ai_edge_litert", "openvino"):
        pytest.importorskip(package)
    model, x = portraits(), draw(5, 4)
    paths = []
    for form in ("tf_saved_model", "onnx", "litert", "openvino"):
        paths.append(keras_mtl.export(model, tmp_path / form, format=form))
        classes = keras_mtl.predict_classes(model, x, task="hair", verbose=0)
        np.savez(f"{paths[-1]}.npz", x=x, classes=classes, **model.predict(x, verbose=0))
    subprocess.run([sys.executable, "-c", WITHOUT_KERAS, *paths], check=True)

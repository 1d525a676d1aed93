"""Another process, which runs Keras on TensorFlow, writes what this one cannot."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_mtl
from _helpers import draw
from keras_mtl.errors import UnsupportedBackend
from keras_mtl.exporting import written_files

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def never_here(monkeypatch):
    monkeypatch.setattr(written_files, "writes_here", lambda form, source: False)


@pytest.mark.parametrize("form", ["tf_saved_model", "onnx"])
def test_a_model_of_any_backend_is_written(form, tmp_path):
    pytest.importorskip("tf2onnx")
    stack = [keras.Input((8, 8, 3), name="image"), layers.Conv2D(2, 3), layers.Flatten()]
    model = keras_mtl.transfer(keras.Sequential(stack), 0, head=keras_mtl.Head(classes=["a", "b"]))
    path = keras_mtl.export(model, tmp_path / "out", format=form, preprocess=["resize", "scale"])
    x = draw(3, 8, 8, 3) * 255
    expected = keras.ops.convert_to_numpy(model((x / 255).astype("float32")))
    np.testing.assert_allclose(keras_mtl.load_export(path).predict(x), expected, rtol=1e-4)
    hidden = [one.name for one in path.iterdir() if one.name.startswith(".")]
    assert hidden == []


def test_a_class_that_the_other_process_does_not_find_is_told(tmp_path):
    class Own(layers.Layer):
        def call(self, x):
            return 2 * x

    model = keras.Sequential([keras.Input((3,)), Own()])
    with pytest.raises(UnsupportedBackend, match=r"save the model .* could not load it"):
        keras_mtl.export(model, tmp_path / "out", format="tf_saved_model")
    assert list(tmp_path.iterdir()) == []

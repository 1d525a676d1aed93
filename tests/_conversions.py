"""Models that a format must express: masks, dict inputs, convolutions, several tasks."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_mtl
from _models import dicts, randomised

converts = [
    pytest.mark.slow,
    pytest.mark.backend("tensorflow", reason="elsewhere another process converts, in many seconds"),
]


def pictures():
    stack = [
        keras.Input((12, 12, 3), name="image"),
        layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[1.0, 2.0, 3.0], name="scaled"),
        layers.Conv2D(4, 3, padding="same", name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.DepthwiseConv2D(3, name="depthwise"),
        # Keras calls XLA for the groups; tf2onnx lacks what the exact GELU is of.
        layers.Conv2D(4, 3, padding="same", groups=2, activation="gelu", name="grouped"),
        layers.MaxPooling2D(name="pool"),
    ]
    heads = {
        "hair": keras_mtl.Head(classes=["a", "b", "c"]),
        "age": keras_mtl.Head(1, "regression"),
    }
    return keras_mtl.MultiTaskModel(randomised(keras.Sequential(stack)), heads)


def masked_text():
    tokens = keras.Input((6,), dtype="int32", name="tokens")
    x = layers.Embedding(9, 4, mask_zero=True, name="embedding")(tokens)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True), name="lstm")(x)
    x = layers.GlobalAveragePooling1D(name="mean")(x)
    return keras.Model(tokens, layers.Dense(3, "softmax", name="topic")(x))


MODELS = [pictures, masked_text, dicts]


def check(build, form, folder):
    """Export, load, and compare with `predict` on several sizes of batch."""
    model = build()
    loaded = keras_mtl.load_export(keras_mtl.export(model, folder / form, format=form))
    for rows in (1, 5):
        x = data_for(model, rows)
        expected = model.predict(x, verbose=0)
        actual = loaded.predict(x)
        for one, other in zip(
            keras.tree.flatten(actual), keras.tree.flatten(expected), strict=True
        ):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def data_for(model, rows):
    generator = np.random.default_rng(rows)

    def values(tensor):
        shape = (rows, *tensor.shape[1:])
        if "int" in tensor.dtype:
            return generator.integers(0, 9, shape).astype(tensor.dtype)
        return generator.normal(size=shape).astype(tensor.dtype)

    return keras.tree.map_structure(values, model.input)

"""Steps before a model: what the export takes then, and steps that do not fit."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_mtl.exporting.preprocessing import checked_preprocessing

IMAGE = keras.Input((8, 6, 3), name="image")
ANY = keras.Input((None, None, 1), name="any")
TOKENS = keras.Input((5,), dtype="int64", name="tokens")


def steps_of(preprocess, *tensors):
    return checked_preprocessing(preprocess, tensors, [tensor.name for tensor in tensors])


@pytest.mark.parametrize(
    ("preprocess", "tensor", "shape", "dtype", "picture"),
    [
        (None, IMAGE, (None, 8, 6, 3), "float32", None),
        ("scale", IMAGE, (None, 8, 6, 3), "float32", None),
        (["resize", "scale"], IMAGE, (None, None, None, 3), "float32", None),
        (["decode", "scale"], IMAGE, (None,), "string", (8, 6, 3)),
        (["decode", layers.Resizing(4, 9)], ANY, (None,), "string", (4, 9, 1)),
        ({"image": layers.Resizing(8, 6)}, IMAGE, (None, None, None, 3), "float32", None),
        (layers.TextVectorization(), TOKENS, (None,), "string", None),
        (layers.StringLookup(vocabulary=["a"]), TOKENS, (None, 5), "string", None),
    ],
)
def test_what_is_taken_follows_from_the_steps(preprocess, tensor, shape, dtype, picture):
    (steps,) = steps_of(preprocess, tensor)
    assert (steps.shape, steps.dtype, steps.picture) == (shape, dtype, picture)


def test_a_model_of_steps_has_the_inputs_of_its_own():
    small = keras.Input((4, 4, 3), dtype="uint8")
    (steps,) = steps_of(keras.Model(small, layers.UpSampling2D()(small)), IMAGE)
    assert (steps.shape, steps.dtype) == ((None, 4, 4, 3), "uint8")


def test_named_steps_are_layers_of_keras():
    (steps,) = steps_of(["resize", "scale"], IMAGE)
    x = np.random.default_rng(0).integers(0, 256, (2, 16, 12, 3)).astype("float32")
    expected = layers.Resizing(8, 6)(x) / 255
    np.testing.assert_allclose(
        keras.ops.convert_to_numpy(steps(x)), keras.ops.convert_to_numpy(expected), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("preprocess", "tensors", "told"),
    [
        ("decod", [IMAGE], "Did you mean 'decode'"),
        (3, [IMAGE], "is a Keras layer or one of"),
        (["scale", "decode"], [IMAGE], "the first step"),
        ("decode", [ANY], r"keras\.layers\.Resizing"),
        ("resize", [ANY], r"keras\.layers\.Resizing"),
        ("resize", [TOKENS], "no height and width"),
        ("scale", [IMAGE, TOKENS], "as a dict by their names"),
        ({"imag": "scale"}, [IMAGE, TOKENS], "Did you mean 'image'"),
    ],
)
def test_steps_that_do_not_fit_are_refused(preprocess, tensors, told):
    with pytest.raises(ValueError, match=told):
        steps_of(preprocess, *tensors)

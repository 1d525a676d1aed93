import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import layers

from _models import VARIED, ZOO, random_batch, randomised, zoo
from _watching import as_numpy, assert_close, parts_of, same_bits, unchanged
from keras_mtl import Head, to_plain, transfer
from keras_mtl.errors import CloneError

HEADS = {
    "classification": Head(3),
    "hidden": Head(2, hidden=[5, 4], dropout=0.3),
    "binary": Head(1, "binary"),
    "multilabel": Head(4, "multilabel"),
    "regression": Head(2, "regression", pooling="max"),
    "logits": Head(3, from_logits=True),
    "flat": Head(3, pooling="flatten"),
    "everywhere": Head(3, pooling="none"),
    "layers": [layers.GlobalMaxPooling2D(), layers.Dense(2)],
}


def build(name):
    return randomised(ZOO[name].values[0]())


def classes_from_keras_mtl(model):
    return [type(part) for part in parts_of(model) if "keras_mtl" in type(part).__module__]


@zoo(fast=VARIED)
def test_any_model_is_the_same_function(build):
    model = randomised(build())
    with unchanged(model):
        plain = to_plain(model)
    batch = random_batch(model)
    assert same_bits(plain(batch, training=False), model(batch, training=False))
    assert {id(v) for v in plain.variables}.isdisjoint(id(v) for v in model.variables)


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_a_transferred_model_is_the_same_function_without_keras_mtl(head):
    model = randomised(transfer(build("convolutional"), "pool", head=head))
    with unchanged(model):
        plain = to_plain(model)
    batch = random_batch(model)
    assert same_bits(plain(batch, training=False), model(batch, training=False))
    assert classes_from_keras_mtl(model)
    assert not classes_from_keras_mtl(plain)


@pytest.mark.filterwarnings("ignore:Layer 'head' .* was passed an input with a mask")  # it is used
def test_masks_reach_the_pooling():
    tokens = keras.Input((None,), dtype="int32")
    x = layers.Embedding(7, 4, mask_zero=True)(tokens)
    model = transfer(keras.Model(tokens, x), 0, head=3)
    batch = np.array([[3, 4, 0, 0], [5, 0, 0, 0]])
    assert same_bits(to_plain(model)(batch), model(batch))


def test_trunks_inside_are_rewritten_too():
    model = transfer(build("nested_twice"), "middle/dropout", head=2)
    assert not classes_from_keras_mtl(to_plain(model))


def test_names_are_kept_and_nothing_is_compiled():
    model = transfer(build("convolutional"), "pool", head=2, name="mine")
    plain = to_plain(model)
    assert [plain.name, *(layer.name for layer in plain.layers[1:])] == ["mine", "trunk", "head"]
    assert not plain.compiled


class Secretive(keras.Layer):
    secret = 1.0

    def call(self, x):
        return x * self.secret


def test_a_difference_is_found_and_named():
    layer = Secretive(name="odd")
    model = keras.Sequential([keras.Input((4,)), layer])
    layer.secret = 2.0
    with pytest.raises(CloneError, match="copy of `odd`"):
        to_plain(model)
    assert to_plain(model, verify=False).built


LOAD_WITHOUT_KERAS_MTL = """
import sys
sys.modules["keras_mtl"] = None
import keras, numpy
model = keras.models.load_model("plain.keras")
numpy.save("outputs.npy", model.predict(numpy.load("inputs.npy"), verbose=0))
"""


@pytest.mark.slow
def test_the_saved_model_loads_without_keras_mtl(tmp_path):
    plain = to_plain(transfer(build("convolutional"), "pool", head=Head(3, hidden=[4])))
    inputs = as_numpy(random_batch(plain))
    plain.save(tmp_path / "plain.keras")
    np.save(tmp_path / "inputs.npy", inputs)
    subprocess.run([sys.executable, "-c", LOAD_WITHOUT_KERAS_MTL], cwd=tmp_path, check=True)
    assert_close(np.load(tmp_path / "outputs.npy"), plain.predict(inputs, verbose=0))

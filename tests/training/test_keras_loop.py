"""What trains in Keras's own loop, and why: one line a reason."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.surgery.trunk import Trunk
from keras_mtl.training.keras_loop import (
    default_batch_size,
    reason_for_keras_evaluate,
    reason_for_keras_fit,
)

X, Y = np.zeros((10, 4), "float32"), np.zeros(10, int)
BACKEND = keras.backend.backend()
ARGUMENTS = {
    "batch_size": None,
    "sample_weight": None,
    "class_weight": None,
    "validation_split": 0.0,
    "validation_data": None,
    "validation_steps": None,
    "validation_batch_size": None,
    "steps_per_epoch": None,
    "shuffle": True,
    "backup": None,
    # With a seed torch trains in our loop too, so that the other reasons show.
    "seed": 0,
}


class OwnStep(TransferModel):
    def train_step(self, *args):
        return super().train_step(*args)


class Counts(layers.Layer):
    def __init__(self):
        super().__init__()
        self.seen = keras.metrics.Mean(name="seen")

    def call(self, inputs):
        return inputs


class Batches(keras.utils.PyDataset):
    num_batches = 2

    def __getitem__(self, index):
        return X, Y


def made(cls=TransferModel, *, ends=1, extra=(), **compiled):
    inputs = keras.Input((4,))
    trunk = Trunk(inputs, layers.Dense(3)(inputs), name="trunk")
    features = trunk(inputs)
    for layer in extra:
        features = layer(features)
    outputs = [layers.Dense(2, "softmax")(features) for _ in range(ends)]
    model = cls(inputs, outputs if ends > 1 else outputs[0])
    arguments = {"optimizer": "sgd", "loss": "sparse_categorical_crossentropy", **compiled}
    model.compile(**arguments)
    return model


def uncompiled(model):
    return TransferModel(model.input, model.output)


def reason(model, x=X, y=Y, **arguments):
    return reason_for_keras_fit(model, x, y, {**ARGUMENTS, **arguments})


def test_what_our_loop_serves():
    model = made(metrics=["accuracy"], weighted_metrics=["accuracy"], steps_per_execution=2)
    assert reason(model) is None
    assert reason(model, batch_size=5, steps_per_epoch=1, validation_split=0.5) is None
    held_out = X, Y, np.ones(10)
    assert reason(model, validation_data=held_out, validation_steps=3) is None
    assert reason(model, class_weight={0: 2.0}, shuffle=False) is None
    assert reason(model, Batches(), None, backup="folder") is None
    reasons = {"tensorflow": "", "jax": "JAX scores", "torch": "torch runs"}
    given = {"sample_weight": None, "batch_size": None, "steps": 1}
    found = reason_for_keras_evaluate(model, X, Y, given)
    assert (found or "").startswith(reasons[BACKEND])


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (lambda: uncompiled(made()), "it is not compiled"),
        (lambda: made(OwnStep), "`OwnStep` has a `train_step` of its own"),
        (lambda: made(ends=2), "its output is not a single tensor"),
        (lambda: made(loss=None), "it is not compiled with a single loss"),
        (lambda: made(run_eagerly=True), "it is compiled with `run_eagerly=True`"),
        (lambda: made(extra=[Counts()]), "layers have metrics of their own"),
    ],
)
def test_models_that_keras_trains(model, why):
    assert reason(model()) == why


@pytest.mark.skipif(BACKEND != "tensorflow", reason="of TensorFlow")
def test_models_that_keras_trains_on_tensorflow():
    assert reason(made(jit_compile=True)) == "it is compiled with `jit_compile=True`"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"x": None, "y": None}, "`x` is missing"),
        ({"y": None}, "`x` has no labels"),
        ({"y": list(Y)}, "the labels or weights of `x` are not single arrays"),
        ({"x": Batches(), "y": None, "seed": None}, "`x` are batches of a `Batches`"),
        ({"x": Batches()}, "`x` are batches, which hold the labels"),
        ({"shuffle": "batch"}, "`shuffle='batch'` is given"),
        ({"batch_size": 4, "steps_per_epoch": 2}, "`steps_per_epoch` does not divide"),
        ({"class_weight": {0: 1.0}, "sample_weight": np.ones(10)}, "`class_weight` goes with"),
        ({"validation_data": (X,)}, "`validation_data` has no labels"),
        ({"validation_data": ()}, "`validation_data` has an unknown form"),
        (
            {"validation_data": (X, Y), "validation_steps": 3, "validation_batch_size": 5},
            "`validation_data` has fewer batches than steps",
        ),
        ({"validation_data": (x for x in ())}, "`validation_data` are batches of a `generator`"),
    ],
)
def test_calls_that_keras_serves(arguments, why):
    if "Batches" in why or "generator" in why:
        arguments = {"seed": None, **arguments}
    found = reason(made(), **arguments)
    assert found.startswith(why) or (BACKEND == "torch" and found.startswith("torch runs"))


@pytest.mark.skipif(BACKEND != "tensorflow", reason="other backends read a data set in Python")
def test_data_sets_that_keras_trains_on():
    import tensorflow as tf

    model, rows = made(), tf.data.Dataset.from_tensor_slices((X, Y))
    whole, form = rows.batch(5), "the batches of `x` are not dense arrays"
    assert reason(model, whole, None) is None
    assert reason(model, whole.repeat(), None, steps_per_epoch=3) is None
    for data, options, why in (
        (whole.repeat(), {}, "the length of `x` is not known"),
        (whole.filter(lambda *_: True), {}, "the length of `x` is not known"),
        (whole, {"steps_per_epoch": 4}, "`steps_per_epoch` does not divide"),
        (whole, {"class_weight": {0: 1.0}}, "`class_weight` goes with arrays"),
        (rows.map(lambda x, y: (x, (y, y))).batch(5), {}, form),
        (rows.map(lambda x, y: {"x": x, "y": y}).batch(5), {}, form),
        (rows.map(lambda x, y: x).batch(5), {}, form),
    ):
        assert reason(model, data, None, **options).startswith(why)


def test_the_default_size_of_a_batch_is_that_of_keras():
    assert [default_batch_size(10, None), default_batch_size(10, 4)] == [32, 3]

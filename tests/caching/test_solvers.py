"""When a head is solved for, and what is said where it cannot be."""

import keras
import numpy as np
import pytest

from _fitting import CLASSES, EAGER, inputs, labels, trained
from _zoo import first_ones
from keras_mtl.caching.fit_cached import fit_cached
from keras_mtl.caching.model_parts import StaticPart
from keras_mtl.errors import NotSolvable
from keras_mtl.heads.head import Head
from keras_mtl.transferring import transfer

X, Y = inputs(), labels()
layers = keras.layers


def made(head, loss=None, freeze=True):
    model = transfer(trained(), 1, freeze, head, verify=False, batchnorm="train")
    if loss is not None:
        model.compile("sgd", loss)
    model.run_eagerly = EAGER
    return model


SPARSE = "sparse_categorical_crossentropy"
SMOOTHED = keras.losses.BinaryCrossentropy(label_smoothing=0.1)


def softmax_layer(**options):
    return layers.Dense(CLASSES, "softmax", name="new", **options)


OBSTACLES = {
    "hidden": (lambda: made(Head(CLASSES, hidden=[4])), "2 layers train: `head/hidden_0`"),
    "deeper": (lambda: made(Head(CLASSES), freeze="first"), r"\d layers train: `trunk/norm`"),
    "no Dense": (lambda: made(layers.EinsumDense("bi,io->bo", 3), SPARSE), "is no `Dense` layer"),
    "no bias": (lambda: made(softmax_layer(use_bias=False), SPARSE), "`new` has no bias"),
    "regularized": (
        lambda: made(softmax_layer(kernel_regularizer="l2"), SPARSE),
        "`new` has a `kernel_regularizer`",
    ),
    "constrained": (
        lambda: made(softmax_layer(kernel_constraint="non_neg"), SPARSE),
        "`new` has a `kernel_constraint`",
    ),
    "logits as probabilities": (
        lambda: made(layers.Dense(CLASSES), SPARSE),
        f"the loss '{SPARSE}' with the activation `linear` is none",
    ),
    "another loss": (lambda: made(softmax_layer(), "kl_divergence"), "the loss 'kl_divergence'"),
    "another setting": (
        lambda: made(layers.Dense(1, "sigmoid"), SMOOTHED),
        "the loss 'binary_crossentropy'",
    ),
    "after it": (
        lambda: made([layers.Dense(CLASSES), layers.UnitNormalization()], "mse"),
        "comes after",
    ),
}


@pytest.mark.parametrize("case", first_ones(OBSTACLES, 4))
def test_what_cannot_be_solved_is_refused_with_the_reason(case, monkeypatch):
    monkeypatch.setattr(StaticPart, "predict_on_batch", None)
    make, reason = OBSTACLES[case]
    with pytest.raises(NotSolvable, match=rf'`solver="exact"` cannot train.*{reason}') as error:
        fit_cached(make(), X, Y, solver="exact")
    assert 'Use `solver="gradient"`' in str(error.value)


@pytest.mark.parametrize(
    "given",
    first_ones(
        [
            pytest.param({"epochs": 2}, id="epochs"),
            pytest.param({"callbacks": [keras.callbacks.TerminateOnNaN()]}, id="callbacks"),
            pytest.param({"steps_per_epoch": 2}, id="steps"),
            pytest.param({"validation_data": (X, Y), "validation_steps": 1}, id="validation"),
        ],
        1,
    ),
)
def test_arguments_for_gradient_steps(given, monkeypatch):
    with pytest.raises(NotSolvable, match=f"`{list(given)[-1]}` is for gradient steps"):
        fit_cached(made(Head(CLASSES)), X, Y, solver="exact", **given)
    monkeypatch.setattr("keras_mtl.caching.default_training.EPOCHS", 2)
    monkeypatch.setattr("keras_mtl.caching.default_training.STEPS", 2)
    model = made(Head(CLASSES))
    assert fit_cached(model, X, Y, verbose=0, **given).epoch == [0, 1]
    assert int(model.optimizer.iterations) == 4


@pytest.mark.slow
def test_what_cannot_be_solved_is_trained(monkeypatch):
    monkeypatch.setattr("keras_mtl.caching.default_training.EPOCHS", 2)
    monkeypatch.setattr("keras_mtl.caching.default_training.STEPS", 2)
    for model in (made(Head(CLASSES, hidden=[4])), made(Head(CLASSES))):
        solver = "auto" if model.head.hidden else "gradient"
        assert fit_cached(model, X, Y, verbose=0, solver=solver).epoch == [0, 1]
        assert np.isfinite(model.evaluate(X, Y, verbose=0)[0])

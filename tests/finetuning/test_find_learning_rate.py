"""A range test finds where training diverges, and leaves no trace."""

import itertools
import random

import keras
import numpy as np
import pytest
from keras import layers, optimizers

import keras_mtl
from _helpers import draw
from _two_tasks import bits
from _watching import as_numpy

X = draw(64, 4)
Y = X @ draw(4, 2, seed=1)
CLASSES = (X[:, 0] > 0).astype(int)


BUILDS_WITHOUT_A_DRAW = pytest.mark.backend(
    "tensorflow", "jax", reason="a first `fit` reads a batch more, for which a DataLoader draws"
)


def linear(optimizer=None):
    """Least squares: gradient descent diverges above 2 / the largest eigenvalue of the Hessian."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, use_bias=False)])
    model.compile(optimizer or optimizers.SGD(0.1), "mse")
    return model


def awkward(optimizer="adam"):
    """A model with statistics, a random layer, a metric and slots."""
    keras.utils.set_random_seed(0)
    trained = keras.Sequential([
        keras.Input((4,)),
        layers.Dense(5, name="low"),
        layers.BatchNormalization(),
        layers.Dropout(0.5),
        layers.Dense(2),
    ])  # fmt: skip
    model = keras_mtl.transfer(
        trained, cut=1, head=2, freeze=False, batchnorm="train", verify=False
    )
    model.compile(optimizer, loss=model.loss, metrics=["accuracy"])
    return model


def state(model):
    return bits([*model.variables, *model.optimizer.variables])


def test_the_suggestion_lies_below_the_rate_that_diverges():
    hessian = X.T @ X / len(X)  # Of a mean over two outputs of squared errors.
    limit = 2 / np.linalg.eigvalsh(hessian).max()
    # On all rows at once, so that the limit is sharp.
    found = keras_mtl.find_learning_rate(linear(), X, Y, highest=100.0, batch_size=64)

    assert len(found) < 100 and found[-1].learning_rate > limit
    assert found[0].learning_rate / 20 < found.suggestion < limit
    assert found.suggestion > limit / 100
    assert all(low.learning_rate < high.learning_rate for low, high in itertools.pairwise(found))


def test_losses_are_those_of_training_by_hand():
    model = linear()
    kernel = as_numpy(model.layers[0].kernel).astype("float64")
    found = keras_mtl.find_learning_rate(
        model, X, Y, lowest=0.01, highest=0.1, steps=3, batch_size=64
    )
    rates, losses = [0.01, 0.01 * 10**0.5, 0.1], []
    for rate in rates:
        error = X @ kernel - Y
        losses.append(np.mean(error**2))
        kernel = kernel - rate * 2 * X.T @ error / error.size
    np.testing.assert_allclose([step.learning_rate for step in found], rates)
    np.testing.assert_allclose([step.loss for step in found], losses, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trained_before", "drawn_before"),
    [
        (True, False),
        (True, True),
        pytest.param(False, True, marks=BUILDS_WITHOUT_A_DRAW),
    ],
)
def test_model_and_random_state_are_left_as_they_were(trained_before, drawn_before):
    models = [awkward(), awkward()]
    for model in models:
        keras.utils.set_random_seed(0)
        if trained_before:
            model.fit(X, CLASSES, verbose=0)
        else:
            model.optimizer.build(model.trainable_variables)
    tested, other = models
    before = state(tested)
    keras.utils.set_random_seed(1)
    if drawn_before:
        keras.random.normal((2,))
    expected = [random.random(), np.random.random(), as_numpy(keras.random.normal((2,))).tolist()]
    keras.utils.set_random_seed(1)
    if drawn_before:
        keras.random.normal((2,))

    keras_mtl.find_learning_rate(tested, X, CLASSES, steps=5)

    assert state(tested) == before
    found = [random.random(), np.random.random(), as_numpy(keras.random.normal((2,))).tolist()]
    assert found == expected
    histories = []
    for model in models:
        keras.utils.set_random_seed(2)
        # In order: on JAX the first `fit` of a model draws one order more than others.
        history = model.fit(X, CLASSES, epochs=2, shuffle=False, verbose=0)
        histories.append(history.history)
    assert histories[0] == histories[1]
    assert state(tested) == state(other)


def test_a_failing_test_leaves_the_model_as_it_was(monkeypatch):
    model = linear("adam")
    model.optimizer.build(model.trainable_variables)
    before = state(model)
    train = model.train_on_batch
    calls = []

    def fail(*args, **kwargs):
        calls.append(train(*args, **kwargs))
        raise KeyboardInterrupt

    monkeypatch.setattr(model, "train_on_batch", fail)
    with pytest.raises(KeyboardInterrupt):
        keras_mtl.find_learning_rate(model, X, Y)
    assert calls and state(model) == before


@pytest.mark.slow
def test_the_rates_of_layers_follow():
    model = awkward(keras_mtl.layerwise("adam", {"trunk": 0.1}))
    before = state(model) if model.optimizer.built else None
    found = keras_mtl.find_learning_rate(model, X, CLASSES, steps=3)
    assert before is None and len(found) == 3
    assert float(as_numpy(model.optimizer.learning_rate)) == pytest.approx(0.001)


@pytest.mark.parametrize(
    ("compiled", "message"),
    [
        (
            {"optimizer": optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 2, 0.5))},
            "follows a schedule",
        ),
        ({"optimizer": "sgd", "steps_per_execution": 4}, "`steps_per_execution=4`"),
    ],
    ids=["schedule", "several steps"],
)
def test_models_that_cannot_change_their_rate_at_each_step(compiled, message):
    model = linear()
    model.compile(loss="mse", **compiled)
    with pytest.raises(ValueError, match=message):
        keras_mtl.find_learning_rate(model, X, Y)


def test_models_that_have_no_one_loss_or_none():
    tasks = keras_mtl.MultiTaskModel(linear(), {"sex": 2, "hair": 3})
    with pytest.raises(TypeError, match="several tasks"):
        keras_mtl.find_learning_rate(tasks, X, Y)
    uncompiled = keras.Sequential([keras.Input((4,)), layers.Dense(2)])
    with pytest.raises(ValueError, match="not compiled"):
        keras_mtl.find_learning_rate(uncompiled, X, Y)

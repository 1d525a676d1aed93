"""A model of one task trains in our loop as it does in Keras's."""

import keras
import numpy as np
import pytest
from keras import layers

from _fitting import EAGER
from _helpers import draw
from _watching import as_numpy
from keras_mtl import Head, transfer
from keras_mtl.errors import UnsupportedModel
from keras_mtl.training.compiled_state import CompiledState
from keras_mtl.training.fit import fit, fit_one_task
from keras_mtl.training.settings import Settings
from keras_mtl.training.state import OneTaskState

ROWS = 10  # The last batch of 4 is shorter.
X, Y = draw(ROWS, 4), np.arange(ROWS) % 3
OTHERS = draw(4, 4, seed=5), np.arange(4) % 3
OPTIMIZERS = {
    "SGD": lambda: keras.optimizers.SGD(0.1, momentum=0.9),
    "Adam": lambda: keras.optimizers.Adam(0.01, clipnorm=0.5),
    "accumulation": lambda: keras.optimizers.Adam(0.01, gradient_accumulation_steps=2),
    "scaled loss": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)),
}


def functional():
    inputs = keras.Input((4,), name="x")
    x = layers.Dense(6, "tanh", kernel_regularizer="l2", activity_regularizer="l2")(inputs)
    outputs = layers.Dense(3, "softmax", name="out")(layers.BatchNormalization()(x))
    return keras.Model(inputs, outputs, name="plain")


def sequential():
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, "softmax")])


def transferred():
    trained = keras.Sequential(
        [keras.Input((4,)), layers.Dense(6, "tanh"), layers.BatchNormalization(), layers.Dense(2)]
    )
    return transfer(trained, cut=1, freeze=False, head=Head(3, hidden=[4]), batchnorm="train")


def two_like(make, optimizer="sgd", **arguments):
    """Two compiled models of the same weights."""
    models = make(), make()
    models[1].set_weights(models[0].get_weights())
    for model in models:
        model.compile(
            keras.optimizers.get(optimizer) if isinstance(optimizer, str) else optimizer(),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            weighted_metrics=[keras.metrics.SparseCategoricalCrossentropy(name="nats")],
            run_eagerly=EAGER,
            **arguments,
        )
    return models


def assert_alike(ours, theirs, histories):
    for one, other in zip(ours.variables, theirs.variables, strict=True):
        np.testing.assert_allclose(
            as_numpy(one), as_numpy(other), rtol=1e-4, atol=1e-6, err_msg=one.path
        )
    assert int(as_numpy(ours.optimizer.iterations)) == int(as_numpy(theirs.optimizer.iterations))
    own, expected = (history.history for history in histories)
    assert set(own) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(own[name], values, rtol=1e-4, atol=1e-6, err_msg=name)


@pytest.mark.parametrize(
    ("make", "optimizer"),
    [
        (functional, "Adam"),
        pytest.param(transferred, "accumulation", marks=pytest.mark.slow),
        pytest.param(functional, "SGD", marks=pytest.mark.slow),
        pytest.param(functional, "accumulation", marks=pytest.mark.slow),
        pytest.param(functional, "scaled loss", marks=pytest.mark.slow),
        pytest.param(transferred, "Adam", marks=pytest.mark.slow),
    ],
)
def test_weights_and_logs_are_those_of_keras(make, optimizer):
    ours, theirs = two_like(make, OPTIMIZERS[optimizer])
    common = {"batch_size": 4, "epochs": 2, "shuffle": False, "verbose": 0}

    state = CompiledState(ours)
    own = fit_one_task(state, X, Y, Settings(**common, validation_data=OTHERS))
    expected = theirs.fit(X, Y, **common, validation_data=OTHERS)

    assert_alike(ours, theirs, (own, expected))


@pytest.mark.slow
def test_a_compiled_loop_is_that_of_keras_too():
    ours, theirs = two_like(sequential)
    ours.run_eagerly = theirs.run_eagerly = False
    common = {"batch_size": 8, "shuffle": False, "verbose": 0}

    own = fit_one_task(CompiledState(ours), X, Y, Settings(**common))

    assert_alike(ours, theirs, (own, theirs.fit(X, Y, **common)))


@pytest.mark.slow
def test_weights_of_rows_and_classes_are_those_of_keras():
    ours, theirs = two_like(functional)
    common = {"batch_size": 4, "shuffle": False, "verbose": 0}
    weights = np.linspace(0.5, 2, ROWS).astype("float32")
    state = CompiledState(ours)

    own = fit_one_task(state, X, Y, Settings(**common, sample_weight=weights))
    assert_alike(ours, theirs, (own, theirs.fit(X, Y, **common, sample_weight=weights)))

    own = fit_one_task(state, X, Y, Settings(**common, class_weight={0: 2.0, 2: 0.5}))
    assert_alike(ours, theirs, (own, theirs.fit(X, Y, **common, class_weight={0: 2.0, 2: 0.5})))


def test_callbacks_see_the_names_of_keras():
    (model, _) = two_like(functional)
    stop = keras.callbacks.EarlyStopping("val_accuracy", patience=1, min_delta=2.0)

    history = fit_one_task(
        CompiledState(model),
        X,
        Y,
        Settings(epochs=9, callbacks=[stop], validation_split=0.3, verbose=0),
    )

    assert stop.mode == "max"
    assert len(history.epoch) == 2


def test_what_is_no_compiled_model_of_one_task_is_refused():
    with pytest.raises(ValueError, match="not compiled"):
        OneTaskState(functional())
    inputs = keras.Input((4,))
    several = keras.Model(inputs, [layers.Dense(1)(inputs), layers.Dense(1)(inputs)])
    several.compile("sgd", "mse")
    with pytest.raises(UnsupportedModel, match=r"2 outputs.*`keras_mtl.MultiTaskModel`"):
        OneTaskState(several)


def test_variables_that_began_to_train_later_are_refused():
    model, _ = two_like(functional)
    model.layers[1].trainable = False
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=EAGER)
    state = CompiledState(model)
    settings = Settings(verbose=0)
    fit_one_task(state, X, Y, settings)
    model.layers[1].trainable = True
    with pytest.raises(ValueError, match="began to train after `compile`"):
        fit(state, {state.tasks[0]: (X, Y)}, None, settings)

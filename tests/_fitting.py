"""Training the same model twice, by `fit` and by `fit_cached`."""

import keras
import numpy as np

from _watching import as_numpy
from keras_mtl.caching.fit_cached import fit_cached
from keras_mtl.surgery.layer_copies import copy_of_input

SAMPLES, WIDTH, CLASSES = 40, 6, 3
FAST = {"epochs": 2, "batch_size": 20, "verbose": 0}
EAGER = keras.backend.backend() != "torch"  # where compiling a step takes longer than ten steps


def inputs(samples=SAMPLES):
    return np.random.default_rng(0).normal(size=(samples, WIDTH)).astype("float32")


def labels(samples=SAMPLES):
    return np.random.default_rng(1).integers(CLASSES, size=samples)


def trained():
    """A network with everything that a trunk must make static."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((WIDTH,)),
            layers.Dense(5, "relu", name="first"),
            layers.BatchNormalization(name="norm"),
            layers.Dropout(0.5, name="drop"),
            layers.Dense(4, "tanh", activity_regularizer="l2", name="last"),
            layers.Dense(2, name="logits"),
        ]
    )


def with_dense_layer(trunk):
    """A plain model of a trunk with a Dense layer on its first output."""
    inputs = keras.tree.map_structure(copy_of_input, trunk.input)
    first, *others = keras.tree.flatten(trunk(inputs))
    model = keras.Model(inputs, [keras.layers.Dense(2, name="new")(first), *others])
    model.compile("sgd", "mse")
    return model


def assert_learns_the_same(make, train, seed=5, compiled=False, tolerance=1e-4, **options):
    """Both models have the same weights and the same history afterwards, and have moved.

    `make` builds a model; `train` calls the function that it is given like `fit`; `options` are
    the arguments that only `fit_cached` has. Unless `compiled`, no step is traced.
    """
    models, histories = [], []
    for cached in (False, True):
        keras.utils.set_random_seed(0)
        model = make()
        model.run_eagerly = EAGER and not compiled
        start = [as_numpy(weight).copy() for weight in model.trainable_weights]
        keras.utils.set_random_seed(seed)

        def fit(*args, model=model, cached=cached, **kwargs):
            if cached:
                return fit_cached(model, *args, **kwargs, **options)
            return model.fit(*args, **kwargs)

        histories.append(train(fit).history)
        models.append(model)
        for before, weight in zip(start, model.trainable_weights, strict=True):
            assert not np.array_equal(before, as_numpy(weight)), f"{weight.path} did not move"
    by_fit, by_fit_cached = histories
    assert list(by_fit) == list(by_fit_cached)
    for name, values in by_fit.items():
        np.testing.assert_allclose(
            by_fit_cached[name], values, rtol=tolerance, atol=1e-6, err_msg=name
        )
    assert_same_state(*models, tolerance)
    return models


def assert_same_state(first, second, tolerance=1e-4):
    """The same variables, those of the optimizer included."""
    for mine, other in (
        (first.weights, second.weights),
        (first.optimizer.variables, second.optimizer.variables),
    ):
        assert len(mine) == len(other) > 0
        for one, another in zip(mine, other, strict=True):
            np.testing.assert_allclose(
                as_numpy(one),
                as_numpy(another),
                rtol=tolerance,
                atol=tolerance / 100,
                err_msg=one.path,
            )

"""The warning where features hardly differ between samples: once, and not for healthy networks."""

import warnings

import keras
import numpy as np
import pytest

from _zoo import first_ones
from keras_mtl import FeatureExtractor, fit_cached, probe_cuts, transfer
from keras_mtl.caching.varying_features import hardly_vary, pooled
from keras_mtl.datasets.digits import digits

layers = keras.layers
X, Y = digits(labels={"digit": 40})["digit"]
BIAS = {"bias_initializer": keras.initializers.RandomNormal(stddev=0.3, seed=1)}


def network(activation="relu", norm=False):
    """A convolutional network with biases, as training gives it."""
    keras.utils.set_random_seed(0)
    made = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            layers.Conv2D(8, 3, name="conv", **BIAS),
            *([layers.BatchNormalization(name="norm")] if norm else []),
            layers.Activation(activation, name="act"),
            layers.GlobalAveragePooling2D(name="pool"),
            layers.Dense(6, activation, name="dense", **BIAS),
            layers.Dense(3, name="last"),
        ]
    )
    if norm:  # the statistics of the data, as training leaves them
        conv = keras.Model(made.inputs[0], made.get_layer("conv").output)
        seen = keras.ops.convert_to_numpy(conv(X))
        set_norm(made, beta=0.5, moving_mean=np.mean(seen), moving_variance=np.var(seen))
    return made


def set_norm(model, **values):
    for name, value in values.items():
        variable = getattr(model.get_layer("norm"), name)
        variable.assign(np.full(variable.shape, value, "float32"))


def dead():
    model = network()
    model.get_layer("conv").bias.assign(keras.ops.full((8,), -100.0))
    return model


def stale():
    model = network(norm=True)
    set_norm(model, moving_variance=1e6)
    return model


def cached(model, x):
    static = transfer(model, "dense", head=10, verify=False)
    static.run_eagerly = True
    fit_cached(static, x, Y[: len(x)], validation_data=(x, Y[: len(x)]), batch_size=16, verbose=0)


def cached_batches(model, x):
    static = transfer(model, "dense", head=10, verify=False)
    static.run_eagerly = True
    fit_cached(static, [(x[i : i + 4], Y[i : i + 4]) for i in range(0, len(x), 4)], verbose=0)


def probed(model, x):
    probe_cuts(model, x, Y[: len(x)] % 2, verbose=0)


def probed_batches(model, x):
    probe_cuts(model, [(x[i : i + 20], Y[i : i + 20]) for i in range(0, len(x), 20)], verbose=0)


def extracted(model, x):
    FeatureExtractor(model, "dense").transform(x)


def extracted_batches(model, x):
    FeatureExtractor(model, "dense").transform(x[i : i + 20] for i in range(0, len(x), 20))


VERBS = (cached, cached_batches, probed, probed_batches, extracted, extracted_batches)


def said(verb, model, x):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        verb(model, x)
    return [str(one.message) for one in caught if "hardly differ" in str(one.message)]


SICK = {
    "unscaled": (network, X / 255, "from 0 to 0.00392"),
    "dead": (dead, X, "hardly differ"),
    "stale": (stale, X, "% are 0 for all"),
}


FAST = [("unscaled", cached), ("dead", probed), ("stale", extracted)]
ALL = [(name, verb) for name in SICK for verb in VERBS]


@pytest.mark.parametrize(
    "name, verb",
    [pytest.param(*case, marks=() if case in FAST else pytest.mark.slow) for case in ALL],
)
def test_one_warning_says_what_was_seen(name, verb):
    make, x, saw = SICK[name]
    (message,) = said(verb, make(), x)
    assert saw in message
    for cause in ("another scale", "BatchNormalization", "dead"):
        assert cause in message


HEALTHY = {
    "relu": lambda: (network(), X),
    "tanh": lambda: (network("tanh"), X),
    "norm": lambda: (network(norm=True), X),
    "large inputs": lambda: (network(), 255 * X),
    "equal samples": lambda: (network(), np.repeat(X[:1], len(X), axis=0)),
    "few samples": lambda: (dead(), X[:3]),
}


@pytest.mark.parametrize("name", first_ones(HEALTHY, 1))
def test_no_false_alarm(name):
    model, x = HEALTHY[name]()
    verbs = VERBS if name != "few samples" else (cached, extracted)
    assert [said(verb, model, x) for verb in verbs] == [[]] * len(verbs)


def noise(size, seed=0):
    return np.random.default_rng(seed).normal(size=(20, size))


def test_the_first_depth_from_which_all_are_alike_is_named():
    varies, alike, x = noise(4), 5 + 1e-3 * noise(3, 1), [noise(2)]
    names = ["a", "b", "c", "d"]
    said = hardly_vary([varies, alike, varies, varies], names, x)
    assert said == ""  # alike, and different again
    assert hardly_vary([varies, varies, varies, alike], names, x) == ""  # a classifier that is sure
    said = hardly_vary([varies, varies, alike, alike], names, x)
    assert said.startswith("The features at `c` and all later depths hardly differ")
    spread = np.sqrt(alike.var(axis=0).mean() / (alike**2).mean())
    assert f"a standard deviation of {spread:.1e} of their size, 0% are 0 for all" in said
    assert "`x` goes from " in said


def test_tiny_and_huge_features_are_measured_alike():
    for scale in (1e-200, 1e200):
        assert hardly_vary([scale * noise(4)], ["a"], [noise(2)]) == ""
        assert hardly_vary([scale * (5 + 1e-3 * noise(4))], ["a"], [noise(2)])


def test_a_few_large_constant_features_hide_nothing():
    features = noise(256)
    features[:, :2] = 100  # as the activations of transformers have
    assert hardly_vary([features], ["a"], [noise(2)]) == ""


def test_text_inputs_are_compared():
    words = np.array([["a"], ["b"]] * 10, dtype=object)
    assert "holds text" in hardly_vary([np.ones((20, 3))], ["a"], [words])
    assert hardly_vary([np.ones((20, 3))], ["a"], [words[::2]]) == ""


def test_maps_are_averaged():
    maps = np.arange(24.0).reshape(2, 3, 2, 2)
    np.testing.assert_array_equal(pooled(maps), maps.mean(axis=(1, 2)))
    assert pooled(np.ones(4)).shape == (4, 1)

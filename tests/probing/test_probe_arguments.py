"""Bad arguments of `probe_cuts`: one error, which names the argument, before the pass."""

import keras
import numpy as np
import pytest

from keras_mtl.probing.probe_cuts import probe_cuts

X, Y = np.random.default_rng(0).normal(size=(20, 3)).astype("float32"), np.arange(20) % 2
BAD = {
    "nested": ("yes", None, 1, [True]),
    "probe": (5, None, "", "rigde", ["ridge"]),
    "kind": (5, None, "", "binry", ["binary"]),
    "pooling": (5, None, "mean", "none", ["avg"]),
    "max_width": (0, -1, 1.5, "256", True),
    "folds": (0, 1, -5, 2.5, "5", None, True),
    "seed": (-1, 2**32, 2**40, 1.5, "0", None, True, float("nan")),
    "batch_size": (0, -1, 1.5, "32", True, float("nan")),
    "verbose": (3, -1, "loud", None, [1]),
    "cuts": (5, "first", [], {}, ["firs"], [1.5], [True], [None], [["first"]], [99], [-1]),
}
CASES = [(name, value) for name, values in BAD.items() for value in values]


@pytest.fixture(scope="module")
def model():
    layers = [keras.layers.Dense(4, name="first"), keras.layers.Dense(2)]
    return keras.Sequential([keras.Input((3,)), *layers])


@pytest.mark.parametrize(("name", "value"), CASES, ids=[f"{n}={v!r:.20}" for n, v in CASES])
def test_bad_arguments_are_named(name, value, model, monkeypatch):
    monkeypatch.setattr(keras.Model, "predict", lambda *a, **k: pytest.fail("a pass was made"))
    message = r"`cuts?|cut=|first" if name == "cuts" else name
    with pytest.raises((TypeError, ValueError), match=message):
        probe_cuts(model, X, Y, **{name: value})


@pytest.mark.parametrize("y", [5, "text", Y[:-1], {"a": Y}, np.full(20, np.inf)])
def test_bad_labels_are_named(y, model, monkeypatch):
    monkeypatch.setattr(keras.Model, "predict", lambda *a, **k: pytest.fail("a pass was made"))
    with pytest.raises(ValueError, match="`y`"):
        probe_cuts(model, X, y)


@pytest.mark.parametrize("x", [5, None, "text", X[0], 1j * X, [X, X]])
def test_bad_inputs_are_named(x, model, monkeypatch):
    monkeypatch.setattr(keras.Model, "predict", lambda *a, **k: pytest.fail("a pass was made"))
    with pytest.raises(ValueError, match="`x`"):
        probe_cuts(model, x, Y)


@pytest.mark.parametrize("model", [5, None, "model", keras.layers.Dense(2), keras.Model])
def test_what_is_no_model(model):
    with pytest.raises(TypeError, match=r"Functional or Sequential `keras\.Model`"):
        probe_cuts(model, X, Y)

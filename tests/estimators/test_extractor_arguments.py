"""Bad arguments of `FeatureExtractor`: one error, which names the argument."""

import keras
import numpy as np
import pytest

from keras_mtl.estimators.feature_extractor import FeatureExtractor
from keras_mtl.estimators.pooled_trunk import PooledTrunk

X = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
BAD = {
    "cut": (-1, 99, 1.5, True, None, "firs", "", [], [1], {"first"}),
    "pooling": (5, None, "mean", ["avg"]),
    "batch_size": (0, -1, 1.5, "32", None, True, float("nan")),
    "verbose": (3, -1, "loud", "auto", None, [1]),
}
CASES = [(name, value) for name, values in BAD.items() for value in values]


@pytest.fixture(scope="module")
def model():
    layers = [keras.layers.Dense(4, name="first"), keras.layers.Dense(2)]
    return keras.Sequential([keras.Input((3,)), *layers])


@pytest.mark.parametrize("batches", [False, True])
@pytest.mark.parametrize(("name", "value"), CASES, ids=[f"{n}={v!r:.20}" for n, v in CASES])
def test_bad_arguments_are_named(name, value, batches, model, monkeypatch):
    monkeypatch.setattr(PooledTrunk, "features", lambda *a, **k: pytest.fail("the trunk ran"))
    extractor = FeatureExtractor(model, **{name: value})
    x = [(X[:10], None), (X[10:], None)] if batches else X
    for verb in (extractor.fit, extractor.transform):
        with pytest.raises((TypeError, ValueError), match=f"`{name}|first|list of {name}s"):
            verb(x)


@pytest.mark.parametrize("x", [5, None, "text", X[0], 1j * X, [X, X, X[0]], {"a": X}])
def test_bad_inputs_are_named(x, model):
    with pytest.raises((TypeError, ValueError), match="`X`"):
        FeatureExtractor(model).transform(x)


@pytest.mark.parametrize("model", [5, None, "model", keras.layers.Dense(2), keras.Model])
def test_what_is_no_model(model):
    for verb in (FeatureExtractor(model).fit, FeatureExtractor(model).transform):
        with pytest.raises(TypeError, match=r"Functional or Sequential `keras\.Model`"):
            verb(X)

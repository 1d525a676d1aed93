"""Training on some rows of cached features is what `fit_cached` does on these rows."""

import keras
import numpy as np
import pytest

from keras_mtl.caching.fit_cached import fit_cached
from keras_mtl.caching.row_features import ArrayRows, RowFeatures
from keras_mtl.caching.storage import feature_cache
from keras_mtl.caching.storage.feature_cache import MemoryCache, make_cache
from keras_mtl.transferring import transfer

layers = keras.layers
RANDOM = np.random.default_rng(0)
X = {"a": RANDOM.random((23, 4)).astype("float32"), "b": RANDOM.random((23, 2)).astype("float32")}
Y = RANDOM.integers(0, 3, 23)
WEIGHTS = RANDOM.random(23).astype("float32")
ROWS, HELD_OUT = np.arange(23)[3:][::-1], np.arange(3)


def model():
    keras.utils.set_random_seed(1)
    inputs = {name: keras.Input((width,), name=name) for name, width in (("a", 4), ("b", 2))}
    joined = layers.Dense(5, "relu", name="dense")(layers.Concatenate()(list(inputs.values())))
    static = transfer(keras.Model(inputs, joined), 0, freeze=True, head=3)
    static.compile("adam", static.loss, run_eagerly=True)
    return static


def trained_on(fit, *parts):
    keras.utils.set_random_seed(2)
    return fit(*parts).history


@pytest.mark.parametrize("in_files", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_some_rows_are_trained_on_as_by_fit_cached(in_files, monkeypatch):
    if in_files:
        monkeypatch.setattr(feature_cache, "SHARE_OF_MEMORY", 0.0)
        monkeypatch.setattr("keras_mtl.caching.storage.file_store.SMALL", 0)
    whole = ArrayRows(X, Y, WEIGHTS)
    expected, other = model(), model()
    x, y, weights = whole.take(ROWS)

    history = trained_on(
        lambda: fit_cached(
            expected,
            x,
            y,
            sample_weight=weights,
            validation_data=whole.take(HELD_OUT).as_fitted(),
            batch_size=8,
            epochs=2,
            verbose=0,
        )
    )
    cache = make_cache("auto")
    rows = RowFeatures(other, whole, cache, batch_size=8, verbose=0)
    ours = trained_on(lambda: rows.fit(ROWS, HELD_OUT, callbacks=[], epochs=2))
    cache.close()

    for name, values in history.items():
        assert ours[name] == pytest.approx(values, rel=1e-5), name
    for one, value in zip(other.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(one, value, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_other_numbers_of_rows_and_weights_of_classes():
    rows = RowFeatures(model(), ArrayRows(X, Y), MemoryCache(), batch_size=4, verbose=0)
    for count in (20, 7, 12):  # 5, 2 and 3 steps
        by_class = {0: 2.0, 1: 1.0, 2: 1.0}
        fitted = rows.fit(np.arange(count), HELD_OUT, callbacks=[], epochs=1, class_weight=by_class)
        history = fitted.history
        assert set(history) >= {"loss", "val_loss"} and np.isfinite(history["loss"]).all()

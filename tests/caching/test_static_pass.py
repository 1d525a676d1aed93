import random
from contextlib import closing

import keras
import numpy as np
import pytest
from keras.src.backend.common import global_state

from _engines import install
from _fitting import SAMPLES, inputs, labels, trained
from _watching import as_numpy, unchanged
from keras_mtl.batches.recognise import recognise
from keras_mtl.caching.model_parts import StaticPart, TrainedPart
from keras_mtl.caching.pass_data import pass_data
from keras_mtl.caching.static_pass import StaticPass
from keras_mtl.caching.static_split import split_model
from keras_mtl.caching.storage.feature_cache import MemoryCache, make_cache
from keras_mtl.heads.head import Head
from keras_mtl.transferring import transfer


def random_states():
    """The states of the shared generators: of Python, NumPy, Keras and the backend."""
    _, keys, position, *_ = np.random.get_state()
    generator = global_state.get_global_attribute("global_seed_generator")
    states = [
        random.getstate(),
        (keys.tolist(), position),
        generator and as_numpy(generator.state).tolist(),
    ]
    if keras.backend.backend() == "tensorflow":
        from tensorflow.python.eager import context

        states.append(context.context()._rng.getstate())
    if keras.backend.backend() == "torch":
        import torch

        states.append(torch.get_rng_state().tolist())
    return states


def test_the_pass_changes_neither_the_model_nor_random_states():
    keras.utils.set_random_seed(3)
    model = transfer(trained(), 1, head=Head(3, dropout=0.5))
    before = random_states()
    with unchanged(model):
        statics = StaticPass(model, split_model(model), MemoryCache(), verbose=0)
        statics.of(pass_data(model, recognise(inputs(), labels()), batch_size=16))
        TrainedPart(model, split_model(model))
    assert random_states() == before


@pytest.mark.parametrize("size", [16, SAMPLES, 64])
def test_the_size_of_the_batches_does_not_matter(size):
    model = transfer(trained(), 1, head=3)
    split = split_model(model)
    source = pass_data(model, recognise(inputs()), batch_size=size)
    adapter = StaticPass(model, split, MemoryCache(), verbose=0).of(source)
    given = np.concatenate([batch["features"] for batch in adapter.get_numpy_iterator()])
    expected = as_numpy(StaticPart(model, split)(inputs())["features"])
    np.testing.assert_allclose(given, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("verbose", ["auto", 1, 2, 0])
def test_the_pass_says_what_it_is(verbose, capsys):
    model = transfer(trained(), 1, head=3)
    statics = StaticPass(model, split_model(model), MemoryCache(), verbose)
    statics.of(pass_data(model, recognise(inputs()), batch_size=16))
    statics.of(pass_data(model, recognise(inputs()), batch_size=16), what="the validation data")
    said = [line for line in capsys.readouterr().out.splitlines() if "Frozen" in line]
    beginning = "Frozen layers, up to `trunk/last`: one pass over the"
    expected = [f"{beginning} data", f"{beginning} validation data"]
    assert said == (expected if verbose else [])


def test_the_pass_keeps_quiet_where_keras_does(capsys):
    model = transfer(trained(), 1, head=3)
    keras.config.disable_interactive_logging()
    try:
        statics = StaticPass(model, split_model(model), MemoryCache(), verbose=1)
        statics.of(pass_data(model, recognise(inputs()), batch_size=16))
    finally:
        keras.config.enable_interactive_logging()
    assert "Frozen" not in capsys.readouterr().out


def test_an_entry_belongs_to_its_engine_and_any_serves_where_each_is_welcome(tmp_path, monkeypatch):
    """Features are equal to 1e-4 only, and a call is to give the same bits again."""
    engine = install(monkeypatch)
    engine.error = 1e-5
    model = transfer(trained(), 1, head=3)
    split, source = split_model(model), recognise(inputs(), labels())

    def features(name):
        with closing(make_cache(tmp_path)) as cache:
            store = StaticPass(model, split, cache, 0, name).store(
                pass_data(model, source, batch_size=16)
            )
            return np.asarray(store.columns()[0])

    by_engine = features("openvino")
    calls = engine.calls
    assert calls == 3  # One for each batch.
    assert np.array_equal(features("auto"), by_engine) and len(list(tmp_path.iterdir())) == 1
    by_keras = features("keras")
    assert not np.array_equal(by_keras, by_engine)
    np.testing.assert_allclose(by_engine, by_keras, atol=1e-4)
    assert np.array_equal(features("auto"), by_keras) and len(list(tmp_path.iterdir())) == 2
    assert np.array_equal(features("openvino"), by_engine) and engine.calls == calls

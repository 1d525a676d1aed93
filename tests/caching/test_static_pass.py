import random

import keras
import numpy as np
import pytest
from keras.src.backend.common import global_state

from _fitting import SAMPLES, inputs, labels, trained
from _watching import as_numpy, unchanged
from keras_mtl.batches.recognise import recognise
from keras_mtl.caching.model_parts import StaticPart, TrainedPart
from keras_mtl.caching.pass_data import pass_data
from keras_mtl.caching.static_pass import StaticPass
from keras_mtl.caching.static_split import split_model
from keras_mtl.caching.storage.feature_cache import MemoryCache
from keras_mtl.heads.head import Head
from keras_mtl.transfer import transfer


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

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw, reload
from _models import random_batch
from _watching import as_numpy, assert_close, same_bits, unchanged
from _zoo import first_ones
from keras_mtl import FeatureExtractor, Head, MultiTaskModel, from_scratch, transfer
from keras_mtl.errors import CloneError, NotStatic
from keras_mtl.surgery.layer_copies import copy_from_config, copy_layer_state, copy_of_input


def test_a_copy_has_the_name_and_the_settings_but_not_the_state():
    layer = layers.Dense(3, "tanh", name="dense")
    layer.build((None, 4))
    copy = copy_from_config(layer)
    assert (copy.name, copy.get_config(), copy.built) == ("dense", layer.get_config(), False)


def test_state_is_copied_to_arrays_of_its_own():
    layer = layers.BatchNormalization()
    layer.build((None, 4))
    layer.moving_mean.assign(np.arange(4.0))
    copy = copy_from_config(layer)
    copy.build((None, 4))
    copy_layer_state(layer, copy)
    layer.moving_mean.assign(np.zeros(4))
    np.testing.assert_array_equal(as_numpy(copy.moving_mean), np.arange(4.0))


def test_state_that_does_not_fit_is_refused():
    first, second = layers.Dense(3, name="first"), layers.Dense(3)
    first.build((None, 4))
    second.build((None, 5))
    with pytest.raises(CloneError, match="The state of `first` \\(Dense\\) cannot be copied"):
        copy_layer_state(first, second)


def test_a_lambda_keeps_its_function():
    factor = 3.0
    layer = layers.Lambda(lambda x: x * factor, output_shape=(4,), name="scaled")
    copy = copy_from_config(layer)
    assert (copy.name, copy.function) == ("scaled", layer.function)
    model = keras.Sequential([keras.Input((4,)), copy])
    batch = random_batch(model)
    assert same_bits(model(batch), batch * factor)


@pytest.mark.parametrize("sparse", [False, True])
def test_an_input_is_like_the_other(sparse):
    if sparse and keras.backend.backend() == "torch":
        pytest.skip("torch has no sparse inputs")
    tensor = keras.Input((None, 3), dtype="int32", name="tokens", sparse=sparse, optional=True)
    copy = copy_of_input(tensor)
    assert copy is not tensor
    for name in ("name", "shape", "dtype", "sparse"):
        assert getattr(copy, name) == getattr(tensor, name)


# A Normalization computes with what its variables were when its state was last finalised.


def normalised(data=None, dtype=None, wrap=lambda layer: layer):
    layer = layers.Normalization(name="norm", dtype=dtype)
    model = keras.Sequential([keras.Input((5, 4)), wrap(layer), layers.Dense(2, name="last")])
    if data is not None:
        layer.adapt(data)
    return model


STEPS = draw(6, 5, 4)
VIEWS = keras.backend.backend() == "torch"
"""Whether it computes with views of its variables: torch makes them where nothing is cast."""


@pytest.mark.parametrize("dtype", ["float32", "mixed_float16"])
@pytest.mark.parametrize("wrap", [lambda layer: layer, layers.TimeDistributed])
def test_statistics_set_by_set_weights(dtype, wrap, tmp_path):
    """Keras goes on computing with the old ones: by NumPy, and in every copy."""
    first = 3 * draw(8, 5, 4, seed=1) + 2
    source = normalised(None if wrap is layers.TimeDistributed else first, dtype, wrap)
    mean, variance = (first.mean((0, 1)), first.var((0, 1)))
    if wrap is layers.TimeDistributed:
        mean, variance = np.zeros(4), np.ones(4)
    if VIEWS and dtype == "float32":
        mean, variance = mean + 1, variance + 1
    source.set_weights([weight + 1 for weight in source.get_weights()])
    kernel, bias = source.layers[-1].get_weights()
    expected = (STEPS - mean) / np.sqrt(variance) @ kernel + bias
    tolerance = 1e-4 if dtype == "float32" else 3e-2
    np.testing.assert_allclose(as_numpy(source(STEPS)), expected, rtol=tolerance, atol=tolerance)

    with unchanged(source):
        trunk = transfer(source, 0)
    assert_close(trunk(STEPS), source(STEPS))
    assert_close(reload(trunk, tmp_path)(STEPS), source(STEPS))
    control = from_scratch(source)
    norms = [model.layers[-2](STEPS) for model in (control, source)]
    assert same_bits(*norms)


def test_statistics_that_are_current_are_copied_to_the_bit():
    source = normalised(3 * draw(8, 5, 4, seed=1) + 2, "mixed_float16")
    copy = transfer(source, 0)
    assert same_bits(copy.get_weights(), source.get_weights())


def test_an_extractor_notices_that_a_state_was_finalised():
    source = normalised(draw(8, 5, 4, seed=1))
    extractor = FeatureExtractor(source, cut="norm", pooling="flatten")
    first = extractor.fit_transform(STEPS)
    source.set_weights(normalised(3 * draw(8, 5, 4, seed=2)).get_weights())
    if not VIEWS:
        np.testing.assert_allclose(extractor.transform(STEPS), first, rtol=1e-6)
    source.get_layer("norm").finalize_state()
    expected = as_numpy(source.get_layer("norm")(STEPS)).reshape(6, -1)
    np.testing.assert_allclose(extractor.transform(STEPS), expected, rtol=1e-5, atol=1e-6)
    assert np.abs(expected - first).max() > 0.1


# What a stateful RNN remembers


MEMORIES = {
    "lstm": lambda: layers.LSTM(4, stateful=True, name="memory"),
    "gru": lambda: layers.GRU(4, stateful=True, name="memory"),
    "both_ways": lambda: layers.Bidirectional(layers.SimpleRNN(4, stateful=True), name="memory"),
    "stacked": lambda: layers.RNN(
        [layers.LSTMCell(3), layers.GRUCell(4)], stateful=True, name="memory"
    ),
}


def remembering(kind):
    inputs = keras.Input(batch_shape=(2, 5, 4))
    hidden = MEMORIES[kind]()(inputs)
    return keras.Model(inputs, layers.Dense(2, name="last")(hidden))


@pytest.mark.parametrize("kind", first_ones(MEMORIES, 1))
def test_a_stateful_rnn_goes_on_from_what_it_remembers(kind):
    source = remembering(kind)
    source(STEPS[:2])
    copy = transfer(source, 0, freeze=False)
    for start in (2, 4):  # In turn, so that both have remembered as much.
        batch = STEPS[start : start + 2]
        assert same_bits(copy(batch), source(batch))
    fresh = from_scratch(source)
    fresh.set_weights(source.get_weights())
    assert not same_bits(fresh(STEPS[:2]), source(STEPS[:2]))


@pytest.mark.slow
def test_a_trained_stateful_rnn_can_be_trained_further_and_not_be_static():
    source = remembering("lstm")
    source.compile("sgd", "mse")
    source.fit(STEPS, draw(6, 2), batch_size=2, verbose=0)
    with pytest.raises(NotStatic, match="pass `freeze=False`"):
        transfer(source, "memory", head=2)
    model = transfer(source, "memory", freeze=False, head=2)
    model.fit(STEPS, np.arange(6) % 2, batch_size=2, verbose=0)
    grown = MultiTaskModel.from_model(source, "memory", "sex", {"hair": Head(2)})
    assert same_bits(grown(STEPS[:2])["sex"], source(STEPS[:2]))


# A SavedModel in a layer

needs_tensorflow = pytest.mark.backend("tensorflow", reason="a TFSMLayer runs there only")


def with_saved_model(folder):
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="inside")])
    inner.export(folder / "saved", verbose=False)
    inputs = keras.Input((4,))
    x = layers.TFSMLayer(str(folder / "saved"), call_endpoint="serve", name="saved")(inputs)
    return keras.Model(inputs, layers.Dense(2, name="last")(x), name="outer")


@pytest.mark.slow
@needs_tensorflow
def test_a_saved_model_in_memory_needs_no_second_consent(tmp_path):
    source = with_saved_model(tmp_path)
    x = draw(3, 4)
    expected = as_numpy(source(x))
    with unchanged(source):
        model = transfer(source, "saved", head=2)
        model.fit(x, [0, 1, 0], verbose=0)
        assert same_bits(transfer(source, 0)(x), expected)
    source.compile("sgd", "mse")
    grown = MultiTaskModel.from_model(source, "saved", "sex", {"hair": 2})
    np.testing.assert_allclose(as_numpy(grown(x)["sex"]), expected, rtol=1e-5, atol=1e-6)


class Around(keras.Layer):
    """A user's layer that holds another one, and saves it in its config."""

    def __init__(self, inner, **kwargs):
        super().__init__(**kwargs)
        self.inner = inner

    def call(self, x):
        return 2 * self.inner(x)

    def get_config(self):
        inner = keras.saving.serialize_keras_object(self.inner)
        return {**super().get_config(), "inner": inner}

    @classmethod
    def from_config(cls, config):
        return cls(keras.saving.deserialize_keras_object(config.pop("inner")), **config)


@needs_tensorflow
def test_a_saved_model_inside_a_layer_needs_none_either(tmp_path):
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    inner.export(tmp_path / "saved", verbose=False)
    saved = layers.TFSMLayer(str(tmp_path / "saved"), call_endpoint="serve")
    source = keras.Sequential([keras.Input((4,)), Around(saved)])
    assert same_bits(transfer(source, 0)(draw(3, 4)), source(draw(3, 4)))
    with pytest.raises(CloneError, match="has no fresh weights"):
        from_scratch(source)


@needs_tensorflow
def test_keras_still_asks_for_consent_where_a_file_is_loaded(tmp_path):
    trunk = transfer(with_saved_model(tmp_path), 0)
    trunk.save(tmp_path / "trunk.keras")
    with pytest.raises(ValueError, match="safe_mode=False"):
        keras.models.load_model(tmp_path / "trunk.keras")
    loaded = keras.models.load_model(tmp_path / "trunk.keras", safe_mode=False)
    assert same_bits(loaded(draw(3, 4)), trunk(draw(3, 4)))


@needs_tensorflow
def test_a_saved_model_that_is_gone_or_cannot_be_fresh_is_named(tmp_path):
    source = with_saved_model(tmp_path)
    with pytest.raises(CloneError, match=r"`saved` \(TFSMLayer\) has no fresh weights"):
        from_scratch(source)
    (tmp_path / "saved").rename(tmp_path / "elsewhere")
    with pytest.raises(CloneError, match=r"`saved` \(TFSMLayer\) cannot be copied: .*saved`"):
        transfer(source, 0)

"""Each engine gives what Keras gives, in every verb: masks, dict inputs, outputs, depths."""

import keras
import numpy as np
import pytest
from keras import layers

import keras_mtl
from _models import randomised
from keras_mtl.engines.known_engines import ENGINES
from keras_mtl.errors import NotConvertible

pytestmark = [
    pytest.mark.slow,
    pytest.mark.backend("tensorflow", reason="engines read TensorFlow's graphs"),
]
GENERATOR = np.random.default_rng(0)
PICTURES = GENERATOR.random((21, 12, 12, 3), dtype="float32")
TOKENS = GENERATOR.integers(0, 9, (21, 6)) * (np.arange(6) < GENERATOR.integers(2, 7, (21, 1)))
LABELS = np.arange(21) % 3


@pytest.fixture(params=[name for name in ENGINES])
def engine(request):
    if not ENGINES[request.param].is_installed:
        pytest.skip(f"{request.param} is not installed")
    return request.param


def pictures():
    stack = [
        keras.Input((12, 12, 3), name="image"),
        layers.Rescaling(2.0, name="scale"),
        layers.Conv2D(4, 3, padding="same", name="conv"),
        layers.BatchNormalization(name="norm"),
        layers.DepthwiseConv2D(3, strides=2, activation="celu", name="depthwise"),
        # Keras calls XLA for the groups; tf2onnx lacks what CELU and the exact GELU are of.
        layers.Conv2D(4, 3, padding="same", groups=2, activation="gelu", name="grouped"),
        layers.ReLU(6.0, name="relu"),
        layers.Flatten(name="flatten"),
        layers.Dense(3, name="logits"),
    ]
    return randomised(keras.Sequential(stack, name="pictures"))


def masked_text():
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = layers.Embedding(9, 4, mask_zero=True, name="embedding")(tokens)
    x = layers.LSTM(3, return_sequences=True, name="lstm")(x)
    x = layers.Dense(4, activation="tanh", name="steps")(x)
    x = layers.GRU(5, name="last")(x)
    return randomised(keras.Model(tokens, layers.Dense(3, name="logits")(x), name="text"))


def dict_inputs():
    wide, deep = keras.Input((3,), name="w"), keras.Input((2,), dtype="uint8", name="d")
    x = layers.Concatenate(name="both")([wide, layers.Dense(4, name="deep_dense")(deep)])
    x = layers.Dense(6, activation="relu", name="hidden")(x)
    model = keras.Model({"w": wide, "d": deep}, layers.Dense(3, name="logits")(x), name="dicts")
    return randomised(model)


DATA = {
    pictures: PICTURES,
    masked_text: TOKENS.astype("int32"),
    dict_inputs: {
        "w": GENERATOR.normal(size=(21, 3)).astype("float32"),
        "d": GENERATOR.integers(0, 9, (21, 2)).astype("uint8"),
    },
}


def near(actual, expected):
    """Return whether features are equal to 1e-4 of their scale, and not to the bit for all."""
    return np.abs(actual - expected).max() <= 1e-4 * np.abs(expected).max()


@pytest.mark.parametrize("build", DATA)
def test_it_gives_the_features_of_keras_in_every_verb(build, engine, tmp_path):
    model, x = build(), DATA[build]
    cut = ["scale", "relu"] if build is pictures else 1
    extract = keras_mtl.FeatureExtractor(model, cut, batch_size=8)
    faster = keras_mtl.FeatureExtractor(model, cut, batch_size=8, engine=engine)
    if build is not dict_inputs:  # scikit-learn has no rows of a dict.
        assert near(faster.transform(x[:3]), extract.transform(x[:3]))
    assert near(faster.transform(x), extract.transform(x))

    options = {"batch_size": 8, "verbose": 0}
    by_keras = keras_mtl.probe_cuts(model, x, LABELS, **options)
    probes = keras_mtl.probe_cuts(model, x, LABELS, engine=engine, **options)
    assert [one.layer for one in probes] == [one.layer for one in by_keras]
    for one, other in zip(probes, by_keras, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-3), one.layer

    reader = keras_mtl.transfer(
        model, 1 if build is pictures else "hidden" if build is dict_inputs else "steps", head=3
    )
    weights = []
    for name in ("keras", engine):
        copy = keras.models.clone_model(reader)
        copy.set_weights(reader.get_weights())
        copy.compile("sgd", "sparse_categorical_crossentropy")
        keras_mtl.fit_cached(copy, x, LABELS, engine=name, cache=tmp_path, epochs=2, **options)
        weights.append(np.concatenate([one.ravel() for one in copy.get_weights()]))
    np.testing.assert_allclose(weights[1], weights[0], atol=1e-2)
    assert len(list(tmp_path.iterdir())) == 2
    keras_mtl.fit_cached(copy, x, LABELS, engine="auto", cache=tmp_path, epochs=2, **options)
    assert len(list(tmp_path.iterdir())) == 2  # What is there serves.


def test_a_layer_that_cannot_be_converted_is_named(engine):
    inputs = keras.Input((4, 4), name="x")
    x = layers.Lambda(lambda t: keras.ops.svd(t, compute_uv=False), name="spectrum")(inputs)
    model = keras.Model(inputs, layers.Dense(2, name="out")(x), name="net")
    x = np.random.default_rng(0).normal(size=(6, 4, 4)).astype("float32")
    wanted = rf'`net` cannot be converted for `engine="{engine}"`: the layer `spectrum`'
    with pytest.raises(NotConvertible, match=wanted):
        keras_mtl.probe_cuts(model, x, np.arange(6) % 2, engine=engine, verbose=0)
    probes = keras_mtl.probe_cuts(model, x, np.arange(6) % 2, engine="auto", verbose=0)
    assert len(probes)

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw, reload
from _watching import as_numpy, same_bits
from keras_mtl import Head, transfer

KINDS = {"classification": 3, "binary": 1, "multilabel": 3, "regression": 2}
kinds = pytest.mark.parametrize("kind, units", KINDS.items())


def labels_for(kind, units, x):
    """Labels that can be read off the first features."""
    if kind == "regression":
        return x[:, :units]
    if kind == "classification":
        return x[:, :units].argmax(axis=1)
    return (x[:, :units] > 0).astype(int)


def trained(*middle):
    stack = [keras.Input((6,)), *middle, layers.Dense(4, name="features"), layers.Dense(2)]
    return keras.Sequential(stack)


# The output


@kinds
@pytest.mark.parametrize("rank", [2, 3, 4, 5])
def test_output_is_the_activation_of_a_dense_layer_on_the_average(kind, units, rank):
    features = draw(5, *[3] * (rank - 2), 4)
    head = Head(units, kind)
    output = as_numpy(head(features))

    kernel, bias = map(as_numpy, head.weights)
    logits = features.reshape(5, -1, 4).mean(axis=1) @ kernel + bias
    expected = {
        "classification": np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True),
        "binary": 1 / (1 + np.exp(-logits)),
        "multilabel": 1 / (1 + np.exp(-logits)),
        "regression": logits,
    }[kind]
    np.testing.assert_allclose(output, expected, atol=1e-6)
    assert head.compute_output_shape(features.shape) == output.shape


@pytest.mark.parametrize("rank", [2, 3, 4, 5])
@pytest.mark.parametrize(
    "pooling, pool",
    [
        ("avg", lambda x: x.reshape(5, -1, 4).mean(axis=1)),
        ("max", lambda x: x.reshape(5, -1, 4).max(axis=1)),
        ("flatten", lambda x: x.reshape(5, -1)),
        ("none", lambda x: x),
    ],
)
def test_pooling_of_every_rank(pooling, pool, rank):
    features = draw(5, *[3] * (rank - 2), 4)
    head = Head(2, "regression", pooling=pooling)
    output = as_numpy(head(features))
    np.testing.assert_allclose(output, pool(features) @ as_numpy(head.weights[0]), atol=1e-5)
    assert head.compute_output_shape(features.shape) == output.shape


def test_sequences_are_averaged_over_unmasked_steps():
    tokens = np.array([[1, 2, 0, 0], [3, 0, 0, 0], [1, 2, 3, 4]])
    embedding = layers.Embedding(5, 4, mask_zero=True)
    source = keras.Sequential([keras.Input((None,)), embedding])
    model = transfer(source, cut=0, head=Head(2, "regression"))

    vectors, kernel = as_numpy(embedding.embeddings), as_numpy(model.head.weights[0])
    expected = np.stack([vectors[row[row > 0]].mean(axis=0) for row in tokens]) @ kernel
    np.testing.assert_allclose(model.predict(tokens, verbose=0), expected, atol=1e-6)
    labels = draw(3, 2)
    loss = model.evaluate(tokens, labels, verbose=0)[0]
    assert loss == pytest.approx(np.mean((expected - labels) ** 2), rel=1e-5)


def test_a_mask_given_to_the_head():
    features, mask = draw(2, 3, 4), np.array([[True, False, True], [False, True, False]])
    head = Head(2, "regression")
    output = as_numpy(head(features, mask=mask))
    means = np.stack([steps[kept].mean(axis=0) for steps, kept in zip(features, mask, strict=True)])
    np.testing.assert_allclose(output, means @ as_numpy(head.weights[0]), atol=1e-6)
    assert head.compute_mask(features, mask) is None
    assert Head(2, pooling="none").compute_mask(features, mask) is mask


def test_a_head_at_every_step_keeps_the_mask():
    source = keras.Sequential([keras.Input((None,)), layers.Embedding(5, 4, mask_zero=True)])
    tokens, labels = np.array([[1, 2, 0], [3, 0, 0]]), np.array([[0, 1, 1], [1, 0, 0]])
    model = transfer(source, cut=0, head=Head(2, pooling="none"))
    probabilities = model.predict(tokens, verbose=0)
    assert probabilities.shape == (2, 3, 2)
    taken = np.take_along_axis(probabilities, labels[..., None], axis=2)[tokens > 0]
    loss = model.evaluate(tokens, labels, verbose=0)[0]
    assert loss == pytest.approx(-np.log(taken).mean(), rel=1e-5)


def test_hidden_layers_and_dropout_stand_in_order():
    head = Head(3, hidden=[8, 6], activation="tanh", dropout=0.25, pooling="max")
    head.build((None, 5, 4))
    names = [part.name for part in head.parts]
    dense = ["dropout_0", "hidden_0", "dropout_1", "hidden_1", "dropout_2", "output"]
    assert names == ["pooling", *dense]
    assert [part.units for part in head.parts if isinstance(part, layers.Dense)] == [8, 6, 3]
    assert {part.rate for part in head.parts if isinstance(part, layers.Dropout)} == {0.25}
    assert head.parts[2].activation is keras.activations.tanh


def test_dropout_is_live_in_training_only():
    head = Head(2, dropout=0.5)
    features = draw(8, 4)
    inferred = head(features)
    assert same_bits(inferred, head(features, training=False))
    assert not same_bits(inferred, head(features, training=True))


@kinds
def test_output_is_float32_under_mixed_precision(kind, units):
    source = trained(layers.Dense(4, dtype="mixed_float16"))
    head = Head(units, kind, hidden=[4], dtype="mixed_float16")
    model = transfer(source, cut=1, head=head)
    assert model.output.dtype == "float32"
    assert model.predict(draw(3, 6), verbose=0).dtype == "float32"
    assert model.head.parts[0].compute_dtype == "float16"


@pytest.mark.parametrize("kind, units", [pair for pair in KINDS.items() if pair[0] != "regression"])
def test_logits_have_the_loss_and_the_metrics_of_their_probabilities(kind, units):
    x = draw(20, 6)
    labels = labels_for(kind, units, x)
    source = trained()
    model, logits = (
        transfer(source, cut=1, head=Head(units, kind, from_logits=from_logits))
        for from_logits in (False, True)
    )
    logits.head.set_weights(model.head.get_weights())
    model.run_eagerly = logits.run_eagerly = True
    assert not np.allclose(as_numpy(model(x)), as_numpy(logits(x)))
    expected = model.evaluate(x, labels, verbose=0)
    assert logits.evaluate(x, labels, verbose=0) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    "kind, units",
    [
        ("classification", 3),
        pytest.param("regression", 2, marks=pytest.mark.slow),
        pytest.param("binary", 1, marks=pytest.mark.slow),
        pytest.param("multilabel", 3, marks=pytest.mark.slow),
    ],
)
def test_the_compiled_model_learns(kind, units):
    x = draw(64, 6)
    model = transfer(trained(), cut=1, head=Head(units, kind))
    labels = labels_for(kind, units, as_numpy(model.trunk(x)))
    model.optimizer.learning_rate = 0.1
    history = model.fit(x, labels, epochs=15, verbose=0).history
    assert set(history) == {"loss", "mae" if kind == "regression" else "accuracy"}
    assert history["loss"][-1] < 0.7 * history["loss"][0]


# The config


HEADS = [
    Head(3, hidden=(8, 4), activation="gelu", dropout=0.1, pooling="max", name="mine"),
    Head(1, "binary", from_logits=True),
    Head(2, "regression", pooling="flatten", dtype="mixed_float16"),
]


@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.kind)
def test_config_round_trip(head):
    config = head.get_config()
    assert Head.from_config(config).get_config() == config
    rebuilt = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(head))
    assert rebuilt.get_config() == config


def test_a_head_is_a_layer_of_any_model(tmp_path):
    model = keras.Sequential([keras.Input((6, 4)), Head(3, hidden=[5]), layers.Dense(1)])
    x = draw(4, 6, 4)
    assert same_bits(reload(model, tmp_path)(x), model(x))


# Bad arguments


@pytest.mark.parametrize(
    "arguments, options, message",
    [
        ((0,), {}, "`units` is a positive whole number. Received: 0"),
        ((-1,), {}, "`units` is a positive whole number. Received: -1"),
        ((True,), {}, "`units` is a positive whole number. Received: True"),
        ((2.0,), {}, "`units` is a positive whole number. Received: 2.0"),
        ((1,), {}, 'at least 2 classes.*`Head(1, "binary")`'),
        ((3, "binary"), {}, 'one output: `Head(1, "binary")`.*`Head(3, "multilabel")`'),
        ((3, "softmax"), {}, "`kind` is one of .*Received: 'softmax'"),
        ((3,), {"pooling": "mean"}, "`pooling` is one of .*Received: 'mean'"),
        ((3,), {"dropout": 1.0}, "`dropout` is a number in [0, 1). Received: 1.0"),
        ((3,), {"dropout": True}, "`dropout` is a number in [0, 1). Received: True"),
        ((3,), {"hidden": 16}, "`hidden` is a list .*Received: 16"),
        ((3,), {"hidden": [16, 0]}, "`hidden` is a positive whole number. Received: 0"),
        ((3,), {"activation": "swoosh"}, "swoosh"),
    ],
)
def test_bad_arguments(arguments, options, message):
    pattern = message.replace("(", r"\(").replace(")", r"\)").replace("[", r"\[")
    with pytest.raises(ValueError, match=pattern):
        Head(*arguments, **options)


@pytest.mark.parametrize("head, message", [(0, "positive whole number"), (1, "at least 2 classes")])
def test_a_bad_number_of_classes_is_refused_by_transfer(head, message):
    with pytest.raises(ValueError, match=message):
        transfer(trained(), cut=1, head=head)


def test_numbers_of_numpy_are_numbers():
    assert transfer(trained(), cut=1, head=np.int64(3)).output_shape == (None, 3)
    assert Head(np.int32(3), hidden=[np.int64(4)], dropout=np.float32(0.5)).units == 3


def test_sizes_that_no_array_has_are_refused_at_once():
    for arguments in ({"units": 10**30}, {"units": 2, "hidden": [10**30]}):
        with pytest.raises(ValueError, match="is at most 2147483647"):
            Head(**arguments)

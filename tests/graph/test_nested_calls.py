"""Inside an opened nested model every call gives what it gives when Keras runs the model."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from _watching import outputs_of_calls, same_bits
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.graphs import operation_fn, standardize_inputs


def two_inputs(structure=list):
    """A nested model that treats its inputs unlike, so that to swap them shows."""
    wide, deep = keras.Input((4,), name="wide"), keras.Input((4,), name="deep")
    x = layers.Subtract(name="minus")([wide, layers.Dense(4, name="deep_dense")(deep)])
    inputs = [wide, deep] if structure is list else {"wide": wide, "deep": deep}
    return keras.Model(inputs, layers.Dense(3, name="dense")(x), name="inner")


def called_on_two(call, structure=list):
    def build():
        p, q = keras.Input((4,), name="p"), keras.Input((4,), name="q")
        return keras.Model([p, q], call(two_inputs(structure), p, q))

    return build


def called_on_one(shape, dtype, call):
    """A nested model of one float input of rank 2, called on something else."""

    def build():
        inputs = keras.Input(shape, dtype=dtype, name="inputs")
        nested = keras.Input((4,), name="vector")
        # An operation, unlike a layer, takes what it gets as it is.
        inner = keras.Model(nested, layers.Dense(3, name="dense")(nested * 0.5), name="inner")
        return keras.Model(inputs, call(inner, inputs))

    return build


def sequential_on_integers():
    stack = [keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="conv"), layers.Flatten(name="flat")]
    inputs = keras.Input((8, 8, 3), dtype="uint8", name="inputs")
    return keras.Model(inputs, keras.Sequential(stack, name="inner")(inputs))


def twice_on_integers():
    inner = two_inputs(dict)
    wide, deep = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    middle = keras.Model([wide, deep], inner({"deep": wide, "wide": deep}), name="middle")
    p, q = keras.Input((4,), dtype="int32", name="p"), keras.Input((4,), dtype="uint8", name="q")
    return keras.Model([p, q], middle({"b": p, "a": q}))


def masked_inner():
    inputs = keras.Input((5, 6), name="features")
    x = layers.LSTM(4, return_sequences=True, name="steps")(inputs)
    return keras.Model(inputs, layers.LSTM(3, name="summary")(x), name="inner")


def masked():
    tokens = keras.Input((5,), dtype="int32", name="tokens")
    x = layers.Embedding(4, 6, mask_zero=True, name="embedding")(tokens)
    return keras.Model(tokens, layers.Dense(2, name="logits")(masked_inner()(x)))


def masked_and_cast():
    tokens = keras.Input((5,), dtype="int32", name="tokens")
    x = layers.Embedding(4, 6, mask_zero=True, dtype="float64", name="embedding")(tokens)
    return keras.Model(tokens, layers.Dense(2, name="logits")(masked_inner()(x)))


def masked_out():
    """The mask that a nested model's layers make is there outside."""
    tokens = keras.Input((5,), dtype="int32", name="nested_tokens")
    embedding = layers.Embedding(4, 6, mask_zero=True, name="embedding")
    inner = keras.Model(tokens, embedding(tokens), name="inner")
    outer = keras.Input((5,), dtype="int32", name="tokens")
    return keras.Model(outer, layers.GlobalAveragePooling1D(name="mean")(inner(outer)))


def partly_masked():
    first, second = keras.Input((5, 6), name="first"), keras.Input((5, 6), name="second")
    x = [layers.LSTM(4, name="one")(first), layers.LSTM(4, name="two")(second)]
    inner = keras.Model([first, second], layers.Concatenate(name="both")(x), name="inner")
    tokens = keras.Input((5,), dtype="int32", name="tokens")
    other = keras.Input((5, 6), name="other")
    features = layers.Embedding(4, 6, mask_zero=True, name="embedding")(tokens)
    return keras.Model([tokens, other], inner([other, features]))


def mask_taken_off():
    """MultiHeadAttention takes the mask off its input, which the LSTM after it needs."""
    tokens = keras.Input((5,), dtype="int32", name="tokens")
    x = layers.Embedding(4, 6, mask_zero=True, name="embedding")(tokens)
    attended = layers.MultiHeadAttention(2, 3, name="attention")(x, x)
    pooled = layers.GlobalMaxPooling1D(name="pool")(attended)
    summary = layers.LSTM(6, name="summary")(x)
    return keras.Model(tokens, layers.Add(name="add")([pooled, summary]))


MODELS = {
    "list": called_on_two(lambda inner, p, q: inner([p, q])),
    "dict by name": called_on_two(lambda inner, p, q: inner({"wide": q, "deep": p})),
    "dict by key": called_on_two(lambda inner, p, q: inner({"wide": q, "deep": p}), dict),
    "keyword": called_on_two(lambda inner, p, q: inner(inputs=[q, p], training=False)),
    "keyword, dict": called_on_two(lambda inner, p, q: inner(inputs={"deep": q, "wide": p})),
    "one tensor": called_on_one((4,), "float32", lambda inner, x: inner(x)),
    "list of one": called_on_one((4,), "float32", lambda inner, x: inner([x])),
    "dict of one": called_on_one((4,), "float32", lambda inner, x: inner({"vector": x})),
    "integers": called_on_one((4,), "uint8", lambda inner, x: inner(x)),
    "double precision": called_on_one((4,), "float64", lambda inner, x: inner(x)),
    "rank too high": called_on_one((4, 1), "float32", lambda inner, x: inner(x)),
    "Sequential": sequential_on_integers,
    "nested twice": twice_on_integers,
    "masked": masked,
    "masked and cast": masked_and_cast,
    "mask from inside": masked_out,
    "partly masked": partly_masked,
    "mask taken off": mask_taken_off,
}


def batch_for(model):
    """An array, or a list of several, as the model takes them."""
    generator = np.random.default_rng(0)
    arrays = [
        (
            generator.normal(size=(2, *t.shape[1:]))
            if "float" in t.dtype
            else generator.integers(4, size=(2, *t.shape[1:]))
        ).astype(t.dtype)
        for t in model.inputs
    ]
    return arrays if len(arrays) > 1 else arrays[0]


def outputs_of_opened(model, batch):
    """What the interpreter gives for each call, by path."""
    graph, seen = Graph.of(model), {}
    values = dict(zip(graph.inputs, standardize_inputs(graph.functional, batch), strict=True))

    def watched(call):
        def run(*args, **kwargs):
            outputs = operation_fn(call.operation, training=False)(*args, **kwargs)
            if not call.is_entry:
                seen[call.path] = outputs
            return outputs

        return run

    graph.opened.run(values, watched)
    return seen


# Some of the models are called on a list or a dict on purpose, of which Keras 3.15 warns.
@pytest.mark.filterwarnings("ignore:The structure of `inputs`:UserWarning")
@pytest.mark.parametrize("name", MODELS)
def test_each_call_gives_what_keras_gives(name):
    model = MODELS[name]()
    batch = batch_for(model)
    expected = outputs_of_calls(model, batch)
    found = outputs_of_opened(model, batch)
    assert "inner" not in found
    for path, outputs in found.items():
        assert same_bits(outputs, expected[path]), path


@pytest.mark.parametrize("name", ["list", "dict by key", "one tensor", "list of one"])
def test_a_border_that_changes_nothing_is_no_call(name):
    assert not any(call.is_entry for call in Graph.of(MODELS[name]()).opened.calls)


def test_a_border_is_no_cut():
    graph = Graph.of(MODELS["integers"]())
    assert any(call.is_entry for call in graph.opened.calls)
    assert [cut.call.path for cut in graph.opened.legal_cuts] == ["inner/multiply", "inner/dense"]


def test_a_shared_model_stays_closed():
    inner = two_inputs()
    p, q = keras.Input((4,), name="p"), keras.Input((4,), name="q")
    outputs = inner({"wide": p, "deep": q}) - ops.abs(inner({"wide": q, "deep": p}))
    model = keras.Model([p, q], outputs)
    paths = [call.path for call in Graph.of(model).opened.calls]
    assert {"inner", "inner:1"} < set(paths)
    batch = batch_for(model)
    found = list(outputs_of_opened(model, batch).values())[-1]
    assert same_bits(found, model(batch, training=False))

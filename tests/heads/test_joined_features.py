"""A head on several tensors: each is pooled, and they stand side by side."""

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw, reload
from _watching import as_numpy, assert_close, same_bits
from keras_mtl import FeatureExtractor, Head, MultiTaskModel, fit_cached, to_plain, transfer
from keras_mtl.caching.static_split import split_model
from keras_mtl.heads.joined_features import JoinedFeatures, are_several, shapes_of


def branches():
    """Two branches, so that no single tensor after them carries both."""
    inputs = keras.Input((5, 4), name="inputs")
    stem = layers.Dense(4, "relu", name="stem")(inputs)
    wide = layers.Conv1D(6, 2, name="wide")(stem)
    deep = layers.Dense(3, name="deep")(layers.GlobalAveragePooling1D()(stem))
    joined = layers.Concatenate()([layers.GlobalMaxPooling1D()(wide), deep])
    return keras.Model(inputs, layers.Dense(2, name="old")(joined))


def nested():
    outer = [keras.Input((5, 4)), branches(), layers.Dense(2, name="logits")]
    return keras.Sequential(outer), outer[1].name


POOLED = {
    "auto": lambda x: x.mean(axis=1),
    "max": lambda x: x.max(axis=1),
    "flatten": lambda x: x.reshape(len(x), -1),
}


@pytest.mark.parametrize("pooling", POOLED)
def test_outputs_are_those_of_the_features_side_by_side(pooling):
    source, x = branches(), draw(6, 5, 4)
    cut = ["deep", "wide"]
    model = transfer(source, cut, head=Head(3, "regression", pooling=pooling))
    features = {name: as_numpy(value) for name, value in model.trunk(x).items()}
    joined = np.concatenate([features["deep"], POOLED[pooling](features["wide"])], axis=1)
    kernel, bias = map(as_numpy, model.head.weights)
    np.testing.assert_allclose(as_numpy(model(x)), joined @ kernel + bias, atol=1e-5)
    # As scikit-learn gets them.
    extracted = FeatureExtractor(source, cut, pooling=pooling).transform(x)
    np.testing.assert_allclose(extracted, joined, atol=1e-5)


def test_a_list_of_features_stands_in_its_order():
    first, second = draw(2, 3), draw(2, 4, 5)
    head = Head(2, "regression")
    output = as_numpy(head([first, second]))
    joined = np.concatenate([first, second.mean(axis=1)], axis=1)
    np.testing.assert_allclose(output, joined @ as_numpy(head.weights[0]), atol=1e-5)
    assert head.compute_output_shape([(2, 3), (2, 4, 5)]) == (2, 2)


def test_each_is_averaged_over_its_own_mask():
    tokens = keras.Input((None,), dtype="int32")
    embedded = layers.Embedding(7, 4, mask_zero=True, name="embedding")(tokens)
    steps = layers.Dense(3, name="steps")(embedded)
    summary = layers.GlobalAveragePooling1D(name="summary")(steps)
    source = keras.Model(tokens, layers.Dense(2)(summary))
    model = transfer(source, ["embedding", "steps", "summary"], head=Head(3, "regression"))
    x = np.array([[1, 2, 0, 0], [3, 0, 0, 0], [1, 2, 3, 4]])
    features = {name: as_numpy(value) for name, value in model.trunk(x).items()}

    def mean(name):
        pairs = zip(features[name], x, strict=True)
        return np.stack([values[row > 0].mean(axis=0) for values, row in pairs])

    joined = np.concatenate([mean("embedding"), mean("steps"), features["summary"]], axis=1)
    expected = joined @ as_numpy(model.head.weights[0])
    np.testing.assert_allclose(as_numpy(model(x)), expected, atol=1e-5)
    np.testing.assert_allclose(as_numpy(to_plain(model)(x)), expected, atol=1e-5)


def test_it_is_saved_and_made_plain(tmp_path):
    source, name = nested()
    cut = [f"{name}/wide", f"{name}/deep"]
    model = transfer(source, cut, head=Head(3, hidden=[4], dropout=0.2))
    x = draw(4, 5, 4)
    assert same_bits(reload(model, tmp_path)(x), model(x))
    plain = to_plain(model)
    assert_close(plain(x), model(x))
    assert all(type(part).__module__.startswith("keras.") for part in plain._flatten_layers())
    for_another = transfer(source, cut, head=model.head)
    assert_close(for_another(x), model(x))


@pytest.mark.slow
def test_frozen_layers_run_once_in_front_of_it():
    source, x, y = branches(), draw(12, 5, 4), np.arange(12) % 3
    whole = transfer(source, ["wide", "deep"], head=3)
    cached = transfer(source, ["wide", "deep"], head=whole.head)
    assert [call.path for call in split_model(cached).rest.calls] == ["head/output"]
    for model, fit in [(whole, whole.fit), (cached, lambda *a, **k: fit_cached(cached, *a, **k))]:
        model.compile("sgd", model.loss)
        fit(x, y, epochs=2, batch_size=4, shuffle=False, verbose=0)
    assert_close(cached(x), whole(x))


@pytest.mark.slow
def test_heads_of_several_tasks():
    x = draw(8, 5, 4)
    trunk = transfer(branches(), ["wide", "deep"])
    model = MultiTaskModel(trunk, {"hair": 3, "sex": Head(1, "binary", hidden=[4])})
    data = {"hair": (x, np.arange(8) % 3), "sex": (x, np.arange(8) % 2)}
    model.fit(data, verbose=0)
    outputs = model.predict(x, verbose=0)
    assert {task: value.shape for task, value in outputs.items()} == {"hair": (8, 3), "sex": (8, 1)}


def test_its_shape_is_known_beforehand():
    shapes = {"b": (None, 5, 4), "a": (None, 3)}
    assert shapes_of(shapes) == [(None, 3), (None, 5, 4)]
    assert are_several(shapes) and are_several([(None, 3)]) and not are_several([None, 3])
    assert JoinedFeatures().compute_output_shape(shapes) == (None, 7)
    assert JoinedFeatures("flatten").compute_output_shape(shapes) == (None, 23)
    layer = JoinedFeatures("max")
    assert layer({"b": draw(2, 5, 4), "a": draw(2, 3)}).shape == (2, 7)
    assert JoinedFeatures.from_config(layer.get_config()).pooling == "max"

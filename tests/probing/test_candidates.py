"""Which depths a search looks at, and that each one holds the features that Keras computes."""

import keras
import numpy as np
import pytest
from keras import layers

import _models as models
from keras_mtl import FeatureExtractor, probe_cuts
from keras_mtl.errors import HeadMismatch, InvalidCut
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.probing.candidates import find_candidates


def names(model, cuts=None, **options):
    return [one.point.layer for one in find_candidates(Graph.of(model), cuts, **options)]


def test_all_legal_cuts_that_a_head_fits_on():
    assert names(models.nested_twice()) == ["stem", "middle", "logits"]
    inside = [f"middle/{name}" for name in ("innermost/relu", "dropout", "dense")]
    assert names(models.nested_twice(), nested=True)[3:-1] == inside
    assert names(models.masked_lstm()) == ["embedding", "steps", "summary", "logits"]
    assert names(models.masked_lstm(), pooling="flatten") == ["summary", "logits"]


def test_those_asked_for_come_in_the_order_of_the_model_and_once():
    model = models.nested_twice()
    assert names(model, [0, "middle/dropout", 1, "stem", "logits"]) == [
        "stem",
        "middle/dropout",
        "middle",
        "logits",
    ]


@pytest.mark.parametrize(
    ("cuts", "error", "message"),
    [
        ("stem", InvalidCut, "`cuts` is a list"),
        ([], InvalidCut, "`cuts` is a list"),
        ([["stem"]], InvalidCut, "Write its names one by one"),
        (["left"], InvalidCut, "cannot be cut at `left`"),
    ],
)
def test_what_is_no_list_of_cuts_is_refused(cuts, error, message):
    with pytest.raises(error, match=message):
        names(models.residual(), cuts)


def test_several_outputs_are_no_single_cut():
    with pytest.raises(InvalidCut, match="has several outputs, so `cut=0` leaves several"):
        names(models.dicts(), [0])


def test_a_cut_that_no_head_fits_on_is_refused():
    inputs = keras.Input((4,), dtype="int32")
    model = keras.Model(inputs, layers.Embedding(4, 3)(keras.ops.abs(inputs)))
    with pytest.raises(HeadMismatch, match="`absolute`: A head needs floating point features"):
        names(model, ["absolute"])


def swapped(inner):
    """A model that calls another one with the inputs the other way round."""
    wide, deep = keras.Input((4,), name="first"), keras.Input((4,), name="second")
    outputs = inner({"wide": deep, "deep": wide})
    return keras.Model([wide, deep], layers.Dense(2, name="last")(outputs))


@pytest.mark.slow
def test_scores_and_features_in_a_nested_model_called_by_name_are_its_own():
    """The labels are told by one of the two inputs, on which the features depend."""
    wide, deep = keras.Input((4,), name="wide"), keras.Input((4,), name="deep")
    hidden = layers.Dense(3, "tanh", name="hidden")(wide + 0.01 * deep)
    inner = keras.Model([wide, deep], layers.Dense(3, name="top")(hidden), name="inner")
    inner.set_weights([np.eye(4, 3), np.zeros(3), np.eye(3), np.zeros(3)])
    told, noise = np.random.default_rng(0).normal(size=(2, 60, 4)).astype("float32")
    y = (told[:, 0] > 0).astype(int)
    outer = swapped(inner)
    cuts = ["inner/hidden", "inner/top"]
    found = probe_cuts(outer, [noise, told], y, cuts=cuts, verbose=0)
    expected = probe_cuts(inner, [told, noise], y, cuts=["hidden", "top"], verbose=0)
    assert [probe.score for probe in found] == [probe.score for probe in expected]
    assert found.best.score > 0.8
    truncated = keras.Model(inner.inputs, inner.get_layer("hidden").output)
    np.testing.assert_allclose(
        FeatureExtractor(outer, "inner/hidden").transform([noise, told]),
        truncated.predict([told, noise], verbose=0),
        rtol=1e-5,
        atol=1e-6,
    )


def test_integers_reach_a_nested_model_as_its_own_type():
    stack = [keras.Input((6, 6, 1)), layers.Conv2D(3, 3, name="conv"), layers.Flatten(name="flat")]
    base = keras.Sequential(stack, name="base")
    inputs = keras.Input((6, 6, 1), dtype="uint8")
    model = keras.Model(inputs, layers.Dense(2, name="last")(base(inputs)))
    images = np.random.default_rng(0).integers(255, size=(30, 6, 6, 1)).astype("uint8")
    y = np.arange(30) % 2
    found = probe_cuts(model, images, y, nested=True, verbose=0)
    expected = probe_cuts(base, images.astype("float32"), y, verbose=0)
    scores = [probe.score for probe in found]
    np.testing.assert_allclose(scores[:2], [probe.score for probe in expected], rtol=1e-4)

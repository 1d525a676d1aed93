"""`probe_cuts`: a score for every depth."""

import keras
import numpy as np
import pytest

from keras_mtl.datasets.digits import digits
from keras_mtl.errors import (
    HeadMismatch,
    InvalidCut,
    InvalidFeatures,
    InvalidLabels,
    LayerNotFound,
)
from keras_mtl.graph.cuts import cut_points
from keras_mtl.probing.probe_cuts import probe_cuts
from keras_mtl.probing.probes.known_probes import PROBES
from keras_mtl.probing.ridge import held_out_predictions
from keras_mtl.probing.task_labels import probe_targets

layers = keras.layers


def network(activation="relu"):
    return keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            layers.Conv2D(6, 3, activation="relu", name="conv"),
            layers.Flatten(name="flatten"),
            layers.Dense(12, activation=activation, name="dense"),
            layers.Dense(2, activation="softmax", name="parity"),
        ],
        name="network",
    )


def two_inputs(structure):
    image, number = keras.Input((8, 8, 1), name="image"), keras.Input((1,), name="number")
    x = layers.Concatenate(name="both")([layers.Flatten(name="flatten")(image), number])
    return keras.Model(structure(image, number), layers.Dense(3, name="last")(x))


def data(samples=60):
    return digits(labels={"digit": samples})["digit"]


def probe(*args, **kwargs):
    return probe_cuts(*args, verbose=0, **kwargs)


def layers_of(probes):
    return [p.layer for p in probes]


# What is scored


def test_every_legal_cut_is_scored():
    model = network()
    x, y = data()

    probes = probe(model, x, y, cuts=cut_points(model))

    described = [(p.layer, p.cut, p.shape, p.params) for p in probes]
    assert described == [(p.layer, p.cut, p.shape, p.params) for p in cut_points(model)]
    assert [p.depth for p in probes] == [1, 2, 3, 4]
    by_default = probe(model, x, y)
    assert layers_of(by_default) == layers_of(probes)[:3]  # All but the old probabilities.
    assert [p.score for p in by_default] == [p.score for p in probes][:3]
    assert all(0 <= p.score <= 1 and p.spread > 0 and p.fit < 1 for p in probes)


@pytest.mark.slow
@pytest.mark.parametrize(
    "cuts",
    [
        ["dense", "conv"],
        [1, 3],
        [3, "dense", "conv"],
        lambda model: cut_points(model)[0:3:2],
    ],
)
def test_cuts_are_names_numbers_or_cut_points_in_any_order(cuts):
    model = network()

    probes = probe(model, *data(), cuts=cuts(model) if callable(cuts) else cuts)

    assert layers_of(probes) == ["conv", "dense"]


def test_cut_zero_is_the_whole_model():
    assert layers_of(probe(network(), *data(), cuts=[0])) == ["parity"]


def test_a_score_does_not_depend_on_the_other_cuts():
    model = network()
    alone = probe(model, *data(), cuts=["dense"])[0]
    among_others = probe(model, *data())[2]

    assert alone.score == among_others.score
    assert alone.fit == pytest.approx(among_others.fit, rel=1e-4)


@pytest.mark.slow
def test_nested_cuts_are_scored_where_asked_for():
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, layers.Dense(3, name="last")(network()(inputs)))

    assert layers_of(probe(model, *data())) == ["network", "last"]
    inner = ["network/conv", "network/flatten", "network/dense", "network/parity", "last"]
    assert layers_of(probe(model, *data(), nested=True)) == inner
    both = layers_of(probe(model, *data(), cuts=["network", "network/conv"]))
    assert both == ["network/conv", "network"]


@pytest.mark.slow
def test_all_cuts_of_a_large_network():
    model = keras.applications.MobileNetV2((32, 32, 3), alpha=0.35, weights=None, classes=10)
    x = np.random.default_rng(0).normal(size=(20, 32, 32, 3)).astype("float32")

    probes = probe(model, x, np.arange(20) % 2)

    *legal, output = [point.layer for point in cut_points(model)]
    assert (layers_of(probes), output) == (legal, "predictions")
    assert all(np.isfinite(p.fit) for p in probes)


def test_cuts_that_no_head_fits_on_are_left_out_or_refused_by_name():
    tokens = keras.Input((4,), dtype="int32")
    x = layers.Reshape((4, 1), dtype="int32", name="reshape")(tokens)
    x = layers.Dense(3, name="dense")(layers.Flatten(name="flat")(layers.Rescaling(0.5)(x)))
    model = keras.Model(tokens, x)
    x, y = np.arange(40).reshape(10, 4), np.arange(10) % 2

    assert "reshape" not in layers_of(probe(model, x, y))
    with pytest.raises(HeadMismatch, match="`reshape`"):
        probe(model, x, y, cuts=["reshape"])


@pytest.mark.parametrize("structure", ["list", "dict"])
def test_several_inputs(structure):
    x, y = data()
    numbers = np.arange(60.0)[:, None]
    if structure == "list":
        model, inputs = two_inputs(lambda *tensors: list(tensors)), [x, numbers]
        batches = [([x[:32], numbers[:32]], y[:32]), ([x[32:], numbers[32:]], y[32:])]
        assert layers_of(probe(model, batches)) == ["both", "last"]
    else:
        model = two_inputs(lambda image, number: {"image": image, "number": number})
        inputs = {"number": numbers, "image": x}

    assert layers_of(probe(model, inputs, y)) == ["both", "last"]


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def __len__(self):
        return -(-len(self.x) // 16)

    def __getitem__(self, index):
        rows = slice(16 * index, 16 * index + 16)
        return self.x[rows], self.y[rows]


@pytest.mark.filterwarnings("error:Your input ran out of data")
def test_batches_give_what_arrays_give():
    model = network()
    x, y = data()
    arrays = probe(model, x, y)

    for batches in (Batches(x, y), list(Batches(x, y)[i] for i in range(4))):
        for one, other in zip(probe(model, batches), arrays, strict=True):
            assert one.score == other.score
            assert one.fit == pytest.approx(other.fit, rel=1e-4)


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="tf.data")
def test_the_labels_of_a_shuffled_dataset_stay_with_their_images():
    import tensorflow as tf

    model = network()
    x, y = data()
    shuffled = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(60).batch(16)

    with pytest.raises(InvalidFeatures, match="has no end"):
        probe(model, shuffled.repeat())
    for one, other in zip(probe(model, shuffled), probe(model, x, y), strict=True):
        assert one.fit == pytest.approx(other.fit, rel=1e-4)


# How it is scored


@pytest.mark.slow
def test_depths_within_the_noise_of_the_same_samples_are_named():
    x, y = data()
    model = network()
    probes = probe(model, x, y)

    features = {
        layer: keras.Model(model.inputs, model.get_layer(layer).output).predict(x, verbose=0)
        for layer in ("flatten", "dense")
    }
    targets = probe_targets(y, len(y), "auto")
    right = {
        layer: targets.gains(held_out_predictions(values.astype(float), targets.columns))
        for layer, values in features.items()
    }
    difference = right["flatten"] - right["dense"]
    error = difference.std(ddof=1) / np.sqrt(len(y))
    assert [p.layer for p in probes.contenders] == ["flatten", "dense"][
        : 1 + (abs(difference.mean()) <= error)
    ]


@pytest.mark.parametrize("remembered", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_old_probabilities_are_not_the_best_where_their_samples_were_learnt(remembered):
    """Ten classes as five pairs of near centres; the model has learnt to tell the pairs."""
    generator = np.random.default_rng(0)
    pairs, ten = generator.normal(size=(5, 40)) * 0.4, generator.normal(size=(10, 40)) * 0.2
    y = generator.integers(10, size=400)
    x = pairs[y // 2] + ten[y] + generator.normal(size=(400, 40))
    # What a network that remembers its samples gives for them, and hardly more.
    told = np.where(remembered, y // 2, generator.integers(5, size=400))
    x = np.hstack([x, 6.0 * np.eye(5)[told]]).astype("float32")
    inputs = keras.Input((45,))
    hidden = layers.Dense(45, name="hidden")
    model = keras.Model(inputs, layers.Dense(5, "softmax", name="pair")(hidden(inputs)))
    hidden.set_weights([np.eye(45), np.zeros(45)])
    model.get_layer("pair").set_weights([np.eye(45)[:, 40:], np.zeros(5)])

    assert probe(model, x, y).best.layer == "hidden"
    assert probe(model, x, y, cuts=["hidden", "pair"]).best.layer == "hidden"


@pytest.mark.parametrize("name", ["ridge", "logistic", "knn", "logme", "h_score"])
def test_every_probe_can_be_chosen(name):
    model, (x, y) = network(), data()
    features = keras.Model(model.inputs, model.get_layer("dense").output).predict(x, verbose=0)
    targets = probe_targets(y, len(y), "auto")
    expected = PROBES.find(name).score(features.astype(float), targets, folds=4, seed=3)

    probes = probe(model, x, y, cuts=["dense"], probe=name, folds=4, seed=3)

    assert probes[0].score == pytest.approx(expected.score, rel=1e-4, abs=0.02)
    assert (probes[0].spread is None) == (expected.spread is None)
    assert probes.metric == {"logme": "LogME", "h_score": "H-score"}.get(name, "accuracy")
    most_frequent = np.bincount(y).max() / len(y)
    assert probes.chance == (None if probes.metric != "accuracy" else pytest.approx(most_frequent))
    assert probes[:1].chance == probes.chance


@pytest.mark.slow
def test_the_units_of_several_numbers_do_not_matter():
    x, _ = data(60)
    generator = np.random.default_rng(0)
    y = x.reshape(60, -1) @ generator.normal(size=(64, 2)) + generator.normal(size=(60, 2)) * [1, 9]
    model = network()

    units = ([1, 1], [1e6, 1], [1e-200, 1])
    scores = [[one.score for one in probe(model, x, y * unit)] for unit in units]

    assert scores[1] == pytest.approx(scores[0])
    assert scores[2] == pytest.approx(scores[0])


@pytest.mark.slow
def test_of_numbers_the_shallowest_within_the_noise_is_the_best():
    """The deeper layer keeps the one of three inputs that matters: that is hardly better."""
    generator = np.random.default_rng(8)
    x, noise = generator.normal(size=(60, 3)), generator.normal(size=60)
    inputs = keras.Input((3,))
    every = layers.Activation("linear", name="every")(inputs)
    model = keras.Model(inputs, layers.Dense(1, name="first")(every))
    model.get_layer("first").set_weights([np.eye(3)[:, :1], np.zeros(1)])

    probes = probe(model, x, x[:, 0] + noise, cuts=["every", "first"])

    assert [one.score for one in probes] == pytest.approx([0.3914, 0.4086], abs=1e-3)
    assert [one.layer for one in probes.contenders] == ["every", "first"]
    assert probes.best.layer == "every"


@pytest.mark.parametrize("targets", [(), (2,)])
def test_regression(targets):
    x, _ = data(200)
    weights = np.random.default_rng(0).normal(size=(64, *targets))

    probes = probe(network(), x, x.reshape(len(x), -1) @ weights)

    assert probes.metric == "R²"
    assert probes.best.layer == "flatten"
    assert probes.best.score > 0.8
    assert probes.best.score == pytest.approx(probes.best.fit, abs=0.1)


def test_yes_or_no_labels():
    x, y = data(200)
    labels = np.stack([y > 4, y % 2], axis=1).astype(int)

    probes = probe(network(), x, labels, kind="multilabel")

    assert probes.metric == "accuracy"
    assert probes.best.layer == "flatten"
    assert 0.7 < probes.best.score < 1


@pytest.mark.slow
def test_whole_numbers_are_classes_unless_told_otherwise():
    x, y = data()

    assert probe(network(), x, y).metric == "accuracy"
    assert probe(network(), x, y.astype(float)).metric == "accuracy"
    assert probe(network(), x, y, kind="regression").metric == "R²"
    assert probe(network(), x, y + 0.5).metric == "R²"


@pytest.mark.slow
def test_the_seed_decides_the_projection():
    model, (x, y) = network(), data(100)

    def fit(seed):
        return probe(model, x, y, cuts=["flatten"], max_width=20, seed=seed)[0].fit

    assert fit(0) == fit(0) != fit(1)
    assert probe(model, x, y, cuts=["flatten"], max_width=None)[0].fit > fit(0)


def test_tiny_features_are_as_good_as_others():
    x, y = data()
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Flatten(name="flat"), layers.Rescaling(1e-25, name="tiny")]
    )

    flat, tiny = probe(model, x, y)

    assert tiny.fit == pytest.approx(flat.fit, rel=1e-4)


# Bad input


@pytest.fixture
def no_pass(monkeypatch):
    """The model is not run."""
    monkeypatch.setattr(keras.Model, "predict", lambda *a, **k: pytest.fail("a pass was made"))


ONE_ALONE = np.array([0] * 30 + [1] * 29 + [2])


@pytest.mark.usefixtures("no_pass")
@pytest.mark.parametrize(
    ("kwargs", "error", "match"),
    [
        ({"y": np.arange(50)}, InvalidLabels, "60 samples"),
        ({"y": np.zeros(60, int)}, InvalidLabels, "one class"),
        ({"y": np.arange(60)}, InvalidLabels, "class of its own"),
        ({"y": np.full(60, np.nan)}, InvalidLabels, "60 NaN"),
        ({"y": np.eye(2)[np.arange(60) % 2].astype(int)}, InvalidLabels, "argmax.*multilabel"),
        ({"y": np.eye(2)[np.arange(60) % 2]}, InvalidLabels, "argmax.*multilabel"),
        ({"y": np.arange(120).reshape(60, 2), "kind": "multilabel"}, InvalidLabels, "0 and 1 only"),
        (
            {
                "y": np.eye(2, dtype=int)[np.arange(60) % 2],
                "kind": "multilabel",
                "probe": "logistic",
            },
            InvalidLabels,
            "ridge",
        ),
        ({"y": ["even"] * 60}, InvalidLabels, "LabelEncoder"),
        ({"y": [[0], [1, 2]] * 30}, InvalidLabels, "rows of one shape"),
        ({"y": ONE_ALONE, "probe": "knn"}, InvalidLabels, "1 samples, fewer than the 5"),
        ({"probe": "knn", "folds": 1}, ValueError, "`folds`"),
        ({"y": np.arange(60) / 7, "probe": "logistic"}, InvalidLabels, "ridge"),
        ({"probe": "rigde"}, ValueError, "Did you mean 'ridge'"),
        ({"kind": "binry"}, ValueError, "`kind`.*Did you mean 'binary'"),
        ({"pooling": "mean"}, ValueError, "`pooling`"),
        ({"pooling": "none"}, ValueError, "vector"),
        ({"max_width": 0}, ValueError, "`max_width`"),
        ({"cuts": ["dens"]}, LayerNotFound, "`dense`"),
        ({"cuts": [4]}, InvalidCut, "cut=4"),
        ({"cuts": [["conv"]]}, InvalidCut, "one by one"),
        ({"cuts": "conv"}, InvalidCut, "list"),
        ({"cuts": []}, InvalidCut, "list"),
        ({"x": np.zeros((0, 8, 8, 1))}, InvalidFeatures, "no samples"),
        ({"x": [np.zeros((60, 1)), np.zeros((59, 1))]}, InvalidFeatures, "2 arrays"),
        ({"x": np.zeros((60, 8, 7, 1))}, InvalidFeatures, r"\(60, 8, 7, 1\)"),
        ({"x": iter([(np.zeros((60, 8, 8, 1)), np.zeros(60))])}, ValueError, "leave `y` out"),
    ],
)
def test_bad_input_is_refused_before_the_pass(kwargs, error, match):
    x, y = data()
    arguments = {"x": x, "y": y, **kwargs}

    with pytest.raises(error, match=match):
        probe(network(), **arguments)


class Endless(Batches):
    num_batches = None


@pytest.mark.usefixtures("no_pass")
@pytest.mark.parametrize(
    ("batches", "error", "match"),
    [
        (lambda x, y: [(x,)], InvalidLabels, "without labels"),
        (lambda x, y: [(x, {"digit": y})], InvalidLabels, "Received: `dict`"),
        (lambda x, y: zip(x, y, strict=True), InvalidFeatures, "A batch of `x` does not fit"),
        (lambda x, y: [], InvalidFeatures, "no batches"),
        (lambda x, y: None, InvalidFeatures, "must give batches.*`NoneType`"),
        (Endless, InvalidFeatures, "`Endless`, has no end"),
    ],
)
def test_batches_that_cannot_be_used_are_refused(batches, error, match):
    with pytest.raises(error, match=match):
        probe(network(), batches(*data()))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused_with_their_depth(value):
    model = network(activation="linear")  # oneDNN's ReLU makes 0 of NaN on some processors
    kernel, bias = model.get_layer("dense").get_weights()
    bias[3:5] = value
    model.get_layer("dense").set_weights([kernel, bias])

    counts = "120 NaN and 0 infinite" if np.isnan(value) else "0 NaN and 120 infinite"
    with pytest.raises(InvalidFeatures, match=f"`dense`, depth 3.* {counts} values in 60 of 60"):
        probe(model, *data())

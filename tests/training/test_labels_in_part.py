"""Labels that are missing in part, padding and weights of steps, trained as Keras and NumPy do."""

import keras
import numpy as np
import pytest

from _helpers import draw
from _two_tasks import EAGER, bits, weights_of
from _watching import as_numpy
from keras_mtl import Head, MultiTaskModel, schedules
from keras_mtl.errors import InvalidTaskData

ROWS, STEPS, WORDS, TAGS, LABELS = 6, 4, 7, 3, 3
FAST = {"shuffle": False, "verbose": 0, "seed": 1}
X = np.array([[1, 2, 3, 4], [5, 6, 0, 0], [2, 0, 0, 0], [3, 1, 6, 0], [4, 4, 5, 6], [6, 2, 0, 0]])
REAL = X > 0
TAG = (X * 5 + np.arange(STEPS)) % TAGS
TOPIC = np.arange(ROWS) % 2
IDLE = np.zeros(ROWS)  # Weights with which the other task trains nothing.
LABELLED = {
    "rows": np.array([True, False, True, True, False, True]),
    "steps": np.array(
        [[1, 0, 1, 1], [0, 0, 1, 1], [1] * 4, [0, 1, 1, 1], [1, 1, 0, 1], [1, 0, 1, 0]], bool
    ),
}
WEIGHTS = {
    "unweighted": None,
    "row weights": np.array([2.0, 9.0, 0.0, 1.0, 3.0, 0.5], "float32"),
    "step weights": np.abs(draw(ROWS, STEPS, seed=4)),
}


def tagger(run_eagerly=EAGER, **compiled):
    """Tags of the words of a sentence, some of which is padding, and its topic."""
    keras.utils.set_random_seed(0)
    layers = [keras.Input((None,), dtype="int32"), keras.layers.Embedding(WORDS, 5, mask_zero=True)]
    trunk = keras.Sequential(layers)
    model = MultiTaskModel(trunk, {"tag": Head(TAGS, pooling="none"), "topic": 2})
    model.compile(keras.optimizers.SGD(0.5), run_eagerly=run_eagerly, **compiled)
    return model


def at_steps(values):
    return values if values.ndim == 2 else np.repeat(values[:, None], STEPS, 1)


def gap(mask, way):
    """The labels of `tag` with gaps, and the masks that `fit` is to be given with them."""
    if way == "mask":
        return TAG, {"tag": mask}
    return np.where(at_steps(mask), TAG, -1), None


def kept(model):
    """Losses, whether tags are right, and gradients of embedding and head, by step, in NumPy."""
    parts = weights_of(model)
    (table,), (kernel, bias) = parts["trunk"], parts["tag"]
    features = table[X]
    logits = features @ kernel + bias
    chances = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    losses = -np.log(np.take_along_axis(chances, TAG[..., None], -1))[..., 0]
    error = chances - np.eye(TAGS)[TAG]
    return losses, chances.argmax(-1) == TAG, features, error, kernel


def steps_of(model, weights, count):
    """The loss of the tags, and what a step of gradient descent leaves, computed with NumPy."""
    losses, _, features, error, kernel = kept(model)
    weight = np.where(count, 1.0 if weights is None else at_steps(weights), 0.0) / count.sum()
    error = error * weight[..., None]
    parts = weights_of(model)
    table = parts["trunk"][0].copy()
    np.add.at(table, X, -0.5 * (error @ kernel.T))
    kernel = kernel - 0.5 * np.einsum("rsf,rst->ft", features, error)
    bias = parts["tag"][1] - 0.5 * error.sum((0, 1))
    return (losses * weight).sum(), table, kernel, bias


@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("mask", LABELLED.values(), ids=LABELLED)
@pytest.mark.parametrize("way", ["mask", pytest.param("minus one", marks=pytest.mark.slow)])
def test_a_step_on_the_steps_that_are_real_and_labelled(way, mask, weights):
    model = tagger()
    loss, *expected = steps_of(model, weights, REAL & at_steps(mask))
    y, masks = gap(mask, way)
    given = {"tag": (X, y) if weights is None else (X, y, weights), "topic": (X, TOPIC, IDLE)}

    logs = model.fit(given, masks=masks, batch_size=6, **FAST)

    np.testing.assert_allclose(logs.history["tag_loss"][0], loss, rtol=1e-5)
    parts = weights_of(model)
    for found, value in zip([parts["trunk"][0], *parts["tag"]], expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("batch_size", [4, pytest.param(6, marks=pytest.mark.slow)])
@pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
@pytest.mark.parametrize("mask", LABELLED.values(), ids=LABELLED)
def test_evaluate_means_over_the_steps_that_are_real_and_labelled(mask, weights, batch_size):
    accuracy = keras.metrics.SparseCategoricalAccuracy
    model = tagger(weighted_metrics={"tag": [accuracy(name="weighted")]})
    losses, right, *_ = kept(model)
    count = REAL & at_steps(mask)
    weight = np.ones((ROWS, STEPS)) if weights is None else at_steps(weights)

    found = model.evaluate(
        {"tag": (X, TAG)},
        masks={"tag": mask},
        sample_weight=None if weights is None else {"tag": weights},
        batch_size=batch_size,
        verbose=0,
    )

    np.testing.assert_allclose(found["tag_loss"], (losses * weight)[count].mean(), rtol=1e-5)
    np.testing.assert_allclose(found["tag_accuracy"], right[count].mean(), rtol=1e-5)
    expected = np.average(right[count], weights=weight[count])
    np.testing.assert_allclose(found["tag_weighted"], expected, rtol=1e-5)


def test_padding_alone_counts_as_in_keras():
    model = tagger()
    alone = keras.models.clone_model(model.task("tag"))
    alone.set_weights(model.task("tag").get_weights())
    alone.compile(keras.optimizers.SGD(0.5), "sparse_categorical_crossentropy", run_eagerly=EAGER)
    alone.fit(X, TAG, batch_size=6, verbose=0)

    model.fit({"tag": (X, TAG), "topic": (X, TOPIC, IDLE)}, batch_size=6, **FAST)

    for found, expected in zip(model.task("tag").weights, alone.weights, strict=True):
        np.testing.assert_allclose(as_numpy(found), as_numpy(expected), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("mask", LABELLED.values(), ids=LABELLED)
def test_a_joint_step_gives_each_task_its_own_steps(mask):
    model = tagger()
    loss, _, kernel, _ = steps_of(model, None, REAL & at_steps(mask))
    y, _ = gap(mask, "minus one")

    history = model.fit(X, {"tag": y, "topic": TOPIC}, batch_size=6, **FAST)

    np.testing.assert_allclose(history.history["tag_loss"][0], loss, rtol=1e-5)
    np.testing.assert_allclose(weights_of(model)["tag"][0], kernel, rtol=1e-4, atol=1e-6)


def test_weights_of_the_classes_of_steps():
    """Labels of two axes are no one-hot labels: Keras takes them for these."""
    model = tagger()
    classes = np.array([1.0, 4.0, 0.5])
    weights = classes[TAG] * WEIGHTS["row weights"][:, None]
    loss, table, kernel, _ = steps_of(model, weights, REAL & at_steps(LABELLED["steps"]))

    history = model.fit(
        {"tag": (X, TAG, WEIGHTS["row weights"]), "topic": (X, TOPIC, IDLE)},
        masks={"tag": LABELLED["steps"]},
        class_weight={"tag": dict(enumerate(classes))},
        batch_size=6,
        **FAST,
    )

    np.testing.assert_allclose(history.history["tag_loss"][0], loss, rtol=1e-5)
    np.testing.assert_allclose(weights_of(model)["trunk"][0], table, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(weights_of(model)["tag"][0], kernel, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_steps_without_a_label_compiled():
    """In the compiled loop, as in eager steps."""
    models = tagger(run_eagerly=False), tagger(run_eagerly=True)
    logs = []
    for model in models:
        data = {
            "tag": (X, gap(LABELLED["steps"], "minus one")[0], WEIGHTS["step weights"]),
            "topic": (X, TOPIC, IDLE),
        }
        logs.append(model.fit(data, epochs=2, batch_size=4, validation_data=data, **FAST).history)
    for name in logs[0]:
        np.testing.assert_allclose(logs[0][name], logs[1][name], rtol=1e-4, err_msg=name)


QUESTIONS = (draw(ROWS, LABELS, seed=5) > 0).astype("float32")
ASKED = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 0, 1], [1, 1, 1], [1, 0, 0]], bool)
FEATURES = draw(ROWS, 4)


def several(kind, run_eagerly=EAGER):
    """Several yes-or-no labels, or numbers, for each row, and a class."""
    keras.utils.set_random_seed(0)
    trunk = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5)])
    model = MultiTaskModel(trunk, {"many": Head(LABELS, kind), "one": 2})
    model.compile(keras.optimizers.SGD(0.5), run_eagerly=run_eagerly)
    return model


def step_on_labels(model, kind, y, count, weights=None):
    """The loss, and the kernel of the head after a step, computed with NumPy."""
    parts = weights_of(model)
    (first, before), (kernel, bias) = parts["trunk"], parts["many"]
    features = FEATURES @ first + before
    outputs = features @ kernel + bias
    if kind == "multilabel":
        chances = 1 / (1 + np.exp(-outputs))
        losses = -np.where(y > 0.5, np.log(chances), np.log(1 - chances))
        error = chances - y
    else:
        losses, error = (outputs - y) ** 2, 2 * (outputs - y)
    weight = np.where(count, 1.0 if weights is None else weights, 0.0) / count.sum()
    return (losses * weight).sum(), kernel - 0.5 * features.T @ (error * weight)


def as_stream(kind, x, y):
    if kind == "arrays":
        return x, y
    if kind == "dataset":
        tf = pytest.importorskip("tensorflow")
        return tf.data.Dataset.from_tensor_slices((x, y)).batch(ROWS)
    return iter([(x, y)] * 3)


@pytest.mark.parametrize("kind", ["multilabel", "regression"])
@pytest.mark.parametrize("data", ["arrays", "dataset", "generator"])
def test_rows_with_some_labels(data, kind):
    model = several(kind)
    y = QUESTIONS if kind == "multilabel" else draw(ROWS, LABELS, seed=6)
    loss, kernel = step_on_labels(model, kind, y, ASKED)
    gaps = np.where(ASKED, y, np.nan).astype("float32")
    given = {"many": as_stream(data, FEATURES, gaps), "one": (FEATURES, TOPIC, IDLE)}

    in_turn = {"schedule": schedules.RoundRobin(), "steps_per_epoch": 2}
    history = model.fit(given, batch_size=ROWS, **in_turn, **FAST)

    np.testing.assert_allclose(history.history["many_loss"][0], loss, rtol=1e-5)
    np.testing.assert_allclose(weights_of(model)["many"][0], kernel, rtol=1e-4, atol=1e-6)
    metrics = {"multilabel": "accuracy", "regression": "mae"}
    scores = model.evaluate({"many": (FEATURES, gaps)}, batch_size=4, verbose=0)
    outputs = model.predict(FEATURES, task="many", verbose=0)
    right = {"multilabel": (outputs > 0.5) == y, "regression": np.abs(outputs - y)}[kind]
    np.testing.assert_allclose(scores[f"many_{metrics[kind]}"], right[ASKED].mean(), rtol=1e-5)


def test_weights_of_single_labels():
    model = several("multilabel")
    weights = np.abs(draw(ROWS, LABELS, seed=7))
    loss, kernel = step_on_labels(model, "multilabel", QUESTIONS, ASKED, weights)
    given = {"many": (FEATURES, QUESTIONS, weights), "one": (FEATURES, TOPIC, IDLE)}
    history = model.fit(given, masks={"many": ASKED}, batch_size=ROWS, **FAST)
    np.testing.assert_allclose(history.history["many_loss"][0], loss, rtol=1e-5)
    np.testing.assert_allclose(weights_of(model)["many"][0], kernel, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
@pytest.mark.backend("tensorflow", reason="reads a tf.data.Dataset in the compiled loop")
def test_gaps_in_the_compiled_loop():
    import tensorflow as tf

    model, arrays = several("multilabel", False), several("multilabel")
    gaps = np.where(ASKED, QUESTIONS, np.nan).astype("float32")
    data = {
        "many": tf.data.Dataset.from_tensor_slices((FEATURES, gaps)).batch(4),
        "one": (FEATURES, TOPIC, IDLE),
    }
    logs = model.fit(data, batch_size=4, **FAST).history
    expected = arrays.fit({**data, "many": (FEATURES, gaps)}, batch_size=4, **FAST).history
    for name in logs:
        np.testing.assert_allclose(logs[name], expected[name], rtol=1e-4, err_msg=name)


def test_what_needs_whole_rows_is_refused_before_training():
    model = several("multilabel")
    model.compile(metrics={"many": [keras.metrics.F1Score(name="f1")]}, run_eagerly=EAGER)
    before = bits(model)
    data = {"many": (FEATURES, np.where(ASKED, QUESTIONS, np.nan)), "one": (FEATURES, TOPIC, IDLE)}
    with pytest.raises(InvalidTaskData, match="`many` are missing in part, but its metric `f1`"):
        model.fit(data, **FAST)
    assert bits(model) == before

"""Weights of classes are weights of their rows, in whatever the data come."""

import keras
import numpy as np
import pytest

import keras_mtl
from _helpers import draw
from _two_tasks import EAGER, classes, sex_and_hair, two_sets
from _watching import assert_close
from keras_mtl import Head
from keras_mtl.errors import InvalidTaskData, TaskNotFound
from keras_mtl.schedules import Joint, RoundRobin

FITTED = {"batch_size": 4, "verbose": 0, "seed": 1}
WEIGHTS = {"hair": {1: 5.0, 2: 0}, "sex": {np.int64(0): 2}}
TABLES = {"hair": np.array([1, 5, 0]), "sex": np.array([2, 1])}


class Batches(keras.utils.PyDataset):
    num_batches = 2

    def __getitem__(self, index):
        return tuple(part[5 * index :][:5] for part in two_sets()["hair"])


def test_they_are_weights_of_rows():
    by_class, by_row = sex_and_hair(), sex_and_hair()
    own = {task: TABLES[task][y] for task, (_, y) in two_sets().items()}

    history = by_class.fit(two_sets(), class_weight=WEIGHTS, **FITTED).history

    assert_close(history, by_row.fit(two_sets(), sample_weight=own, **FITTED).history)
    assert_close(by_class.get_weights(), by_row.get_weights())
    by_class.fit(two_sets(), **FITTED)
    by_row.fit(two_sets(), **FITTED)
    assert_close(by_class.get_weights(), by_row.get_weights())  # without any, the next time


@pytest.mark.slow
@pytest.mark.parametrize("schedule", [Joint(), RoundRobin()])
def test_they_go_with_weights_of_rows_and_missing_labels_in_joint_data(schedule):
    x, labels = draw(12, 4), {"sex": classes(12, 2), "hair": classes(12, 3)}
    there = {"hair": np.arange(12) % 4 > 0}
    weights = np.linspace(1, 2, 12)
    by_class, by_row = sex_and_hair(), sex_and_hair()
    common = {"masks": there, "schedule": schedule, **FITTED}

    both = {task: weights * TABLES[task][y] for task, y in labels.items()}
    by_row.fit(x, labels, sample_weight=both, **common)
    rows = dict.fromkeys(labels, weights)
    by_class.fit(x, labels, sample_weight=rows, class_weight=WEIGHTS, **common)

    for one, other in zip(by_class.get_weights(), by_row.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


def test_one_hot_labels_and_batches_from_outside():
    loss = {"loss": {"hair": "categorical_crossentropy"}, "metrics": {"hair": []}}
    in_memory = {"hair": (two_sets()["hair"][0], np.eye(3)[two_sets()["hair"][1]])}
    heads = {"hair": Head(3)}
    one_hot, streamed = sex_and_hair(heads, **loss), sex_and_hair(heads, metrics={"hair": []})
    run = {"class_weight": {"hair": WEIGHTS["hair"]}, "shuffle": False, "verbose": 0}

    expected = one_hot.fit(in_memory, batch_size=5, **run).history
    history = streamed.fit({"hair": Batches()}, **run).history

    np.testing.assert_allclose(history["hair_loss"], expected["hair_loss"], rtol=1e-6)


STEPS = classes(48, 3).reshape(12, 4)


@pytest.mark.parametrize(
    ("head", "loss", "labels"),
    [
        (lambda: Head(3, pooling="none"), None, STEPS),
        (lambda: keras.layers.Dense(3, "softmax"), "sparse_categorical_crossentropy", STEPS),
        (lambda: keras.layers.Dense(3, "softmax"), "categorical_crossentropy", np.eye(3)[STEPS]),
        (lambda: Head(1, "binary", pooling="none"), None, STEPS > 0),
        (lambda: keras.layers.Dense(1, "sigmoid"), "binary_crossentropy", (STEPS > 0)[..., None]),
    ],
    ids=["Head", "sparse", "one-hot", "binary Head", "binary"],
)
def test_they_are_weights_of_steps_whatever_the_head_is(head, loss, labels):
    """Checked against the mean of the weighted losses in NumPy."""
    keras.utils.set_random_seed(0)
    trunk = keras.Sequential([keras.Input((4, 5)), keras.layers.Dense(6)])
    model = keras_mtl.MultiTaskModel(trunk, {"tag": head(), "sex": 2})
    model.compile("sgd", loss=loss and {"tag": loss}, run_eagerly=EAGER)
    x = draw(12, 4, 5)
    chances = np.asarray(model.predict(x, task="tag", verbose=0), "float64")
    classes_of = (STEPS > 0) * 1 if chances.shape[-1] == 1 else STEPS
    if chances.shape[-1] == 1:
        chances = np.concatenate([1 - chances, chances], axis=-1)
    losses = -np.log(np.take_along_axis(chances, classes_of[..., None], axis=-1))[..., 0]
    expected = (losses * np.array([5.0, 0.5, 1.0])[classes_of]).mean()

    history = model.fit(
        {"tag": (x, labels), "sex": (x, classes(12, 2))},
        class_weight={"tag": {0: 5.0, 1: 0.5}},
        schedule=lambda step: ("tag", "sex")[step % 2],
        steps_per_epoch=2,
        batch_size=12,
        verbose=0,
    ).history

    np.testing.assert_allclose(history["tag_loss"][0], expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({0: 1.0, 1: 2.0}, ValueError, "dict by task"),
        ({"hiar": {0: 1}}, TaskNotFound, "Did you mean 'hair'"),
        ({"hair": 2.0}, ValueError, "from classes to weights"),
        ({"hair": {3: 1}}, InvalidTaskData, "0 to 2"),
        ({"hair": {0: -1}}, ValueError, "is a number, at least 0. Received: -1"),
        ({"age": {0: 1}}, InvalidTaskData, "`age`.*`sample_weight`"),
    ],
)
def test_what_cannot_be_a_weight(given, error, words):
    trunk = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model = keras_mtl.MultiTaskModel(trunk, {"hair": 3, "age": Head(1, "regression")})
    model.compile("sgd")
    data = {**two_sets(), "age": (draw(4, 4), draw(4, 1))}
    del data["sex"]
    with pytest.raises(error, match=words):
        model.fit(data, class_weight=given, **FITTED)

"""What is wrong with a `tf.data.Dataset` that a compiled loop reads shows as for arrays."""

import numpy as np
import pytest

from _helpers import draw
from _two_tasks import CLASSES, SEED, WIDTH, bits, trunk
from _zoo import first_ones
from keras_mtl import Head, MultiTaskModel, schedules
from keras_mtl.errors import InvalidLabels, InvalidTaskData

pytestmark = pytest.mark.backend("tensorflow", reason="only there a loop reads data sets itself")
tf = pytest.importorskip("tensorflow")

ROWS, BATCH_SIZE = 24, 4
X = draw(ROWS, WIDTH, seed=1)
CLASS = np.arange(ROWS) % CLASSES
YES_OR_NO = np.arange(ROWS) % 2


def dataset(*data):
    return tf.data.Dataset.from_tensor_slices(data).batch(BATCH_SIZE)


@pytest.fixture(scope="module")
def model():
    model = MultiTaskModel(trunk(), {"hair": Head(CLASSES), "sex": Head(1, "binary")})
    model.compile("sgd", run_eagerly=False)
    return model


def train(model, data, **options):
    run = {"schedule": schedules.RoundRobin(), "steps_per_epoch": 4, "seed": SEED, "verbose": 0}
    return model.fit(data, **{**run, **options})


def changed(labels, value, row=BATCH_SIZE):
    """Labels with another value in the second batch."""
    labels = labels.astype(np.result_type(labels, type(value)))
    labels[row] = value
    return labels


WRONG = {
    "a class too high": ("hair", changed(CLASS, CLASSES), "holds the class 3"),
    "a part of a class": ("hair", changed(CLASS, 0.5), "whole numbers where classes are meant"),
    "minus one as a float": ("hair", changed(CLASS, -1.0), "holds the class -1"),
    "minus one": ("sex", changed(YES_OR_NO, -1), "holds -1"),
    "a percentage": ("sex", changed(YES_OR_NO, 50.0), "holds 50"),
}


@pytest.mark.parametrize("case", first_ones(WRONG, 1))
def test_labels_that_do_not_fit_are_refused_before_their_step(model, case):
    task, labels, message = WRONG[case]
    data = {"hair": dataset(X, CLASS), "sex": dataset(X, YES_OR_NO)}
    first = list(data).index(task)
    start = model.get_weights()
    train(model, data, steps_per_epoch=2 + first)
    expected = bits(model.variables)
    model.set_weights(start)
    with pytest.raises(InvalidLabels, match=f"`{task}`.*{message}"):
        train(model, {**data, task: dataset(X, labels)})
    assert bits(model.variables) == expected


@pytest.mark.slow
def test_labels_that_fit_are_not_refused(model):
    classes = changed(changed(CLASS, -1), -1, row=0)
    train(model, {"hair": dataset(X, classes), "sex": dataset(X, changed(YES_OR_NO, 0.5))})
    missing = changed(CLASS, np.nan)
    unweighted = dataset(X, YES_OR_NO == 1).map(lambda x, y: (x, y, None))
    train(model, {"hair": dataset(X, missing), "sex": unweighted})


@pytest.mark.slow
def test_joint_labels_that_do_not_fit_are_refused(model):
    labels = {"hair": CLASS, "sex": changed(YES_OR_NO, 2)}
    with pytest.raises(InvalidLabels, match=r"`sex`.*holds 2"):
        model.fit(dataset(X, labels), steps_per_epoch=4, verbose=0)


@pytest.mark.slow
def test_a_dataset_of_unknown_ranks(model):
    unknown = tf.data.Dataset.from_generator(
        lambda: dataset(X, CLASS).as_numpy_iterator(), output_types=(tf.float32, tf.int64)
    )
    train(model, {"hair": unknown, "sex": dataset(X, YES_OR_NO)})


@pytest.mark.slow
def test_a_dataset_for_steps_compiled_by_xla():
    model = MultiTaskModel(trunk(), {"hair": Head(CLASSES)})
    model.compile("sgd", run_eagerly=False, jit_compile=True)
    train(model, {"hair": dataset(X, CLASS)})


@pytest.mark.parametrize("task", ["hair", "sex"])
def test_a_dataset_that_is_empty(model, task):
    data = {"hair": dataset(X, CLASS), "sex": dataset(X, YES_OR_NO)}
    data[task] = data[task].filter(lambda x, y: False)
    with pytest.raises(InvalidTaskData, match=f"`{task}` ended"):
        train(model, data)


def test_a_dataset_of_another_length_than_it_claims(model):
    claims = tf.data.experimental.assert_cardinality(2 * ROWS)
    data = {"hair": dataset(X, CLASS), "sex": dataset(X, YES_OR_NO).apply(claims)}
    with pytest.raises(InvalidTaskData, match=r"`sex` are not as long .* contain 48 elements"):
        train(model, data, steps_per_epoch=20)


def test_what_the_user_raises_in_a_dataset_is_not_hidden(model):
    def fail():
        raise ValueError("mine")

    def mapped(x, y):
        return x + tf.ensure_shape(tf.numpy_function(fail, [], tf.float32), []), y

    data = {"hair": dataset(X, CLASS).map(mapped), "sex": dataset(X, YES_OR_NO)}
    with pytest.raises(tf.errors.InvalidArgumentError, match="mine"):
        train(model, data)

"""The labels of streams are checked as those of arrays are, by `fit` and by `evaluate`."""

import keras
import numpy as np
import pytest

from _head_labels import HEADS, X, assert_refused, model_of, model_with
from _helpers import draw, moved_variables
from _zoo import first_ones
from keras_mtl import Head, errors
from keras_mtl.errors import InvalidLabels

GOOD = {
    "classification": [0, 1, 2, 0],
    "binary": [0, 1, 1, 0],
    "multilabel": [[0, 1], [1, 1], [1, 0], [0, 0]],
    "regression": draw(4, 2).tolist(),
}
BAD = {  # Labels, and what arrays of them are refused for.
    "classification": {"the class 3": [0, 1, 2, 3], "the class -1": [0, -1, 1, 2]},
    "binary": {"holds 2": [0, 1, 2, 1], "must be finite": [0.0, np.nan, 1.0, 1.0]},
    "multilabel": {"holds -1": [[0, 1], [1, -1], [1, 0], [0, 0]]},
    "regression": {"must be finite": [[0, 1], [np.inf, 1], [1, 0], [0, 0]]},
}
SHAPES = {
    "one-hot": ("classification", np.eye(3)[[0, 1, 2, 0]]),
    r"\(1, 2\)": ("binary", np.zeros((4, 2))),
    "2 units needs": ("multilabel", np.zeros((4, 5), int)),
    "must be real numbers": ("classification", np.array(["a", "b", "c", "a"])),
}


class Batches(keras.utils.PyDataset):
    def __init__(self, x, y, **kwargs):
        super().__init__(**kwargs)
        self.rows = x, y

    num_batches = 4

    def __getitem__(self, index):
        return tuple(part[index : index + 1] for part in self.rows)


def tf_dataset(x, y):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices((x, y)).batch(1)


def loader(x, y):
    torch = pytest.importorskip("torch")
    x, y = torch.as_tensor(np.asarray(x)), torch.as_tensor(np.asarray(y))
    data = torch.utils.data.TensorDataset(x, y)
    return torch.utils.data.DataLoader(data, batch_size=1)


def generator(x, y):
    yield from [(x[row : row + 1], y[row : row + 1]) for row in range(4)] * 4


STREAMS = {
    "dataset": tf_dataset,
    "PyDataset": Batches,
    "threads": lambda x, y: Batches(x, y, workers=2),
    "generator": generator,
    "DataLoader": loader,
}


def streamed(kind, labels):
    labels = np.array(labels)
    return STREAMS[kind](X, labels.astype("float32") if labels.dtype.kind == "f" else labels)


def refused_when_read(model, message, **options):
    with pytest.raises(InvalidLabels, match=message):
        model.fit(**options, verbose=0)


@pytest.mark.parametrize("stream", first_ones(STREAMS, 2))
@pytest.mark.parametrize("kind", first_ones(BAD, 1))
def test_values_are_refused_as_in_arrays(kind, stream):
    model = model_of(kind)
    for message, labels in BAD[kind].items():
        assert_refused(model, message, X, np.array(labels))
        refused_when_read(model, message, x=streamed(stream, labels))
        with pytest.raises(InvalidLabels, match=message):
            model.evaluate(streamed(stream, labels), verbose=0)


@pytest.mark.parametrize("message", SHAPES)
def test_what_a_dataset_says_of_itself_is_checked_before_training(message):
    kind, labels = SHAPES[message]
    data = tf_dataset(X, labels)
    assert_refused(model_of(kind), message, data)
    assert_refused(model_of(kind), message, tf_dataset(X, GOOD[kind]), validation_data=data)
    with pytest.raises(InvalidLabels, match=message):
        model_of(kind).evaluate(data, verbose=0)


def test_a_head_of_fewer_classes():
    model = model_with(Head(5))
    model.run_eagerly = True
    refused_when_read(model, "the class 7; the head has 5 classes", x=tf_dataset(X, [0, 1, 7, 2]))


def test_shapes_that_a_dataset_does_not_know():
    tf = pytest.importorskip("tensorflow")
    for shape in ((None, None), None):
        spec = (tf.TensorSpec((None, 3)), tf.TensorSpec(shape, tf.float32))
        data = tf.data.Dataset.from_generator(
            lambda: [(X, np.eye(3, dtype="float32")[[0, 1, 2, 0]])], output_signature=spec
        )
        refused_when_read(model_of("classification"), "one-hot", x=data)


@pytest.mark.parametrize("stream", first_ones(STREAMS, 1))
def test_validation_data_are_checked(stream):
    bad = [0, 1, 2, 3]
    good = np.array(GOOD["classification"])
    message = "`validation_data` holds the class 3"
    options = {"x": X, "y": good, "validation_data": streamed(stream, bad)}
    refused_when_read(model_of("classification"), message, **options)


@pytest.mark.parametrize("kind", ["binary", "classification"])
def test_evaluate_checks_arrays(kind):
    for message, labels in BAD[kind].items():
        with pytest.raises(InvalidLabels, match=message):
            model_of(kind).evaluate(X, np.array(labels), verbose=0)


@pytest.mark.parametrize("stream", first_ones(STREAMS, 1))
@pytest.mark.parametrize("kind", first_ones(GOOD, 1))
def test_labels_that_fit_train_as_in_keras(kind, stream):
    """The same weights to the bit as Keras's own `fit` gives."""
    head = HEADS[kind]
    weights = []
    for verb in (type(model_of(kind)).fit, keras.Model.fit):
        keras.utils.set_random_seed(0)
        model = model_with(head)
        model.run_eagerly = True
        given = {"epochs": 2, "verbose": 0, "shuffle": False, "steps_per_epoch": 4}
        verb(
            model, streamed(stream, GOOD[kind]), validation_data=(X, np.array(GOOD[kind])), **given
        )
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6, atol=1e-7)


def test_batches_without_labels():
    tf = pytest.importorskip("tensorflow")
    model, data = model_of("classification"), tf.data.Dataset.from_tensor_slices(X).batch(2)
    model.predict(data, verbose=0)
    with moved_variables(model) as moved, pytest.raises(errors.InvalidLabels, match="no labels"):
        model.fit(data, verbose=0)
    assert moved == []
    with moved_variables(model) as moved, pytest.raises(ValueError, match="Unrecognized data type"):
        model.fit(iter([X]), verbose=0)
    assert moved == []


@pytest.mark.slow
@pytest.mark.parametrize("bad", [False, True])
def test_compiled_and_with_weights(bad):
    tf = pytest.importorskip("tensorflow")
    labels = np.array([0, 1, 2, 3 if bad else 1])
    data = tf.data.Dataset.from_tensor_slices((X, labels, np.ones(4, "float32"))).batch(2)
    model = model_with(Head(3))
    if bad:
        refused_when_read(model, "the class 3", x=data, validation_data=data)
    else:
        history = model.fit(data, validation_data=data, epochs=2, verbose=0)
        assert np.isfinite(history.history["val_loss"]).all()

"""A `TransferModel` finds its parts, and checks the labels of its head before `fit`."""

import keras
import numpy as np
import pytest
from keras import layers

from _head_labels import HEADS, X, assert_refused, model_of, model_with
from _helpers import moved_variables, reload
from _watching import same_bits
from keras_mtl import Head, errors
from keras_mtl.models.transfer_model import join
from keras_mtl.surgery.trunk import Trunk


def test_the_parts_are_found_and_the_head_compiles_the_model(tmp_path):
    inputs = keras.Input((3,))
    trunk = Trunk(inputs, layers.Dense(3)(inputs), name="trunk")
    head = Head(2, "multilabel")
    model = join(trunk, head, "joined")
    loaded = reload(model, tmp_path)
    for one in (model, loaded):
        assert one.name == "joined" and type(one.trunk) is Trunk
        assert one.head.kind == "multilabel" and one.head.has_loss(one.loss)
    assert model.trunk is trunk and model.head is not head
    assert same_bits(loaded(X), model(X))
    assert not join(trunk, layers.Dense(2), "other").compiled


@pytest.mark.parametrize("kind", HEADS)
def test_validation_labels_are_checked(kind):
    good = np.array([[0, 1], [1, 1], [1, 0], [0, 0]]) if HEADS[kind].units == 2 else [0, 1, 1, 0]
    bad = np.full(np.shape(good), np.nan)
    message = r"`validation_data\[1\]` must be finite"
    for data in ((X, bad), [X, bad], (X, bad, np.ones(4))):
        assert_refused(model_of(kind), message, X, good, validation_data=data)
    with pytest.raises(
        errors.InvalidLabels, match=message
    ):  # In its place among `fit`'s arguments.
        model_of(kind).fit(X, good, None, 1, 0, None, 0.0, (X, bad))


def test_a_loss_of_the_user_is_not_checked():
    one_hot = np.eye(3)[[0, 1, 2, 0]]
    model = model_with(HEADS["classification"])
    assert_refused(model, "one-hot", X, one_hot)
    model.compile("sgd", "categorical_crossentropy", metrics=[])
    with moved_variables(model) as moved:
        model.fit(X, one_hot, verbose=0)
    assert moved


def test_the_same_loss_compiled_again_is_checked():
    model = model_with(HEADS["classification"])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy())
    assert_refused(model, "the class 3", X, [0, 1, 2, 3])


def test_labels_are_checked_after_loading(tmp_path):
    assert_refused(reload(model_with(HEADS["binary"]), tmp_path), "holds 2", X, [0, 1, 2, 1])


def test_a_head_of_another_class_is_not_checked():
    model = model_with(layers.Dense(3, activation="softmax"))
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(X, np.array([0, 1, 2, 0]), verbose=0)

"""What a head and a loss say about the labels of their task."""

import keras
import pytest
from keras import layers

from keras_mtl import Head
from keras_mtl.heads.losses import is_loss
from keras_mtl.training.known_heads import known_head, loss_of
from keras_mtl.training.state import OneTaskState

SPARSE = keras.losses.SparseCategoricalCrossentropy


def state_of(head, loss):
    model = keras.Sequential([keras.Input((2,)), head])
    model.compile("sgd", loss)
    state = OneTaskState(model)
    return state, state.tasks[0]


@pytest.mark.parametrize(
    ("units", "loss", "kind"),
    [
        (3, "sparse_categorical_crossentropy", "classification"),
        (3, SPARSE(from_logits=True), "classification"),
        (3, SPARSE(ignore_class=0), None),
        (1, "binary_crossentropy", "binary"),
        (2, "binary_crossentropy", "multilabel"),
        (2, "mse", None),
    ],
)
def test_a_loss_may_tell_the_kind_of_a_plain_layer(units, loss, kind):
    head = known_head(*state_of(layers.Dense(units), loss))
    assert (head and (head.kind, head.units)) == (kind and (kind, units))


def test_a_head_is_known_by_its_own_loss_only():
    head = Head(3)
    assert known_head(*state_of(head, head.make_loss())) is head
    assert known_head(*state_of(Head(3), "mse")) is None


def test_a_loss_as_a_name_an_object_or_a_function():
    state, task = state_of(layers.Dense(3), "sparse_categorical_crossentropy")
    for loss in (loss_of(state, task), SPARSE(), keras.losses.sparse_categorical_crossentropy):
        assert is_loss(loss, SPARSE) and not is_loss(loss, keras.losses.MeanSquaredError)

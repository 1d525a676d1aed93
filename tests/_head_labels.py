"""Models with a head of each kind, and labels that they refuse."""

import functools

import keras
import pytest
from keras import layers

from _helpers import draw, moved_variables
from keras_mtl import Head, errors, transfer

X = draw(4, 3)
HEADS = {
    "classification": Head(3),
    "binary": Head(1, "binary"),
    "multilabel": Head(2, "multilabel"),
    "regression": Head(2, "regression"),
    "one number": Head(1, "regression"),
}


def model_with(head):
    return transfer(keras.Sequential([keras.Input((3,)), layers.Dense(3)]), cut=0, head=head)


@functools.cache
def model_of(kind):
    """One model a kind for all labels: those that are refused change nothing."""
    model = model_with(HEADS[kind])
    model.run_eagerly = True
    return model


class Epochs(keras.callbacks.Callback):
    """Counts the epochs that began."""

    begun = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.begun += 1


def assert_refused(model, message, *arguments, **options):
    epochs = Epochs()
    with moved_variables(model) as moved, pytest.raises(errors.InvalidLabels, match=message):
        model.fit(*arguments, **options, callbacks=[epochs], verbose=0)
    assert moved == []
    assert epochs.begun == 0

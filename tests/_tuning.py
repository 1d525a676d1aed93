"""A small network to fine-tune, with everything that has a state."""

import keras
import numpy as np
from keras import layers

from _helpers import draw
from keras_mtl import Phase, transfer

WIDTH, CLASSES, ROWS = 4, 3, 24
EAGER = keras.backend.backend() == "tensorflow"  # where tracing takes longer than a test
X, Y = draw(ROWS, WIDTH), np.arange(ROWS) % CLASSES
HELD_OUT = (draw(9, WIDTH, seed=1), np.arange(9) % CLASSES)


def trained(*more):
    hidden = [
        layers.Dense(6, "tanh", name="first"),
        layers.BatchNormalization(name="norm"),
        layers.Dropout(0.3, name="dropout"),
        layers.Dense(5, "tanh", name="second"),
        *more,
    ]
    return keras.Sequential([keras.Input((WIDTH,)), *hidden, layers.Dense(2, name="logits")])


def to_tune(optimizer="adam", seed=0, head=CLASSES, run_eagerly=EAGER, **options):
    """The same weights for the same seed."""
    keras.utils.set_random_seed(seed)
    model = transfer(trained(), cut=1, head=head, **options)
    model.compile(optimizer, model.loss, metrics=model.head.make_metrics(), run_eagerly=run_eagerly)
    return model


def three_phases():
    """Gradual unfreezing; the second phase may end early."""
    until = keras.callbacks.EarlyStopping("val_loss", patience=1, min_delta=0.02)
    return [
        Phase("head", epochs=2, learning_rate=0.05),
        Phase("second", epochs=3, learning_rate=0.02, until=until),
        Phase("all", epochs=2, learning_rate=0.01, decay=0.5),
    ]


class Seen(keras.callbacks.Callback):
    """Notes what it is told."""

    def __init__(self):
        super().__init__()
        self.events = []

    def on_train_begin(self, logs=None):
        self.events.append("begin")

    def on_train_end(self, logs=None):
        self.events.append("end")

    def on_epoch_begin(self, epoch, logs=None):
        self.events.append(epoch)

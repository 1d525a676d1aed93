"""Gradient steps where the caller says neither how many nor at which rate."""

from __future__ import annotations

from math import ceil, cos, pi
from typing import Any

import keras

from keras_mtl.heads.head import Head
from keras_mtl.keras_private.compiled import compile_arguments
from keras_mtl.models.transfer_model import TransferModel

STEPS = 600
"""Steps in which a head is trained on few labels: it is not done after fewer."""
EPOCHS = 20
"""Epochs at least, for many labels."""
RATE = 1e-2
"""Learning rate of Adam at the start, for a new head on features that do not change."""


def default_epochs(num_batches: int) -> int:
    """Return how many epochs to train for: with few labels so many that there are enough steps.

    Args:
        num_batches: Batches in an epoch.
    """
    return max(EPOCHS, ceil(STEPS / num_batches))


def default_rates(model: keras.Model) -> list[keras.callbacks.Callback]:
    """Return the callback that sets the learning rate, if the caller has left that to us.

    That is so where only a `Head` trains and the model is compiled with Adam by its name, as
    `transfer` compiles it, at the rate that Keras gives it.
    """
    if not isinstance(model, TransferModel) or model.trunk.trainable_variables:
        return []
    named = compile_arguments(model)["optimizer"]
    is_adam = isinstance(named, str) and named.lower() == "adam"
    if not isinstance(model.head, Head) or not is_adam:
        return []
    given = float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))
    return [FallingRate(RATE)] if abs(given - 1e-3) < 1e-9 else []


class FallingRate(keras.callbacks.Callback):
    """Lets the learning rate fall from a value to zero along half a cosine, epoch by epoch.

    The rate of the optimizer is put back when training ends.

    Args:
        start: The rate in the first epoch.
    """

    def __init__(self, start: float) -> None:
        super().__init__()
        self._start = start
        self._rate = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        """Remember the rate of the optimizer."""
        self._rate = float(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the rate."""
        share = epoch / self.params["epochs"]
        self.model.optimizer.learning_rate = self._start * (1 + cos(pi * share)) / 2

    def on_train_end(self, logs: Any = None) -> None:
        """Put the rate of the optimizer back."""
        self.model.optimizer.learning_rate = self._rate

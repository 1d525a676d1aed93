"""Callbacks that write files, which of several workers only the chief has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras

from keras_mtl.training.distribution.workers import Workers

WRITING = (
    keras.callbacks.BackupAndRestore,
    keras.callbacks.CSVLogger,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.RemoteMonitor,
    keras.callbacks.TensorBoard,
)
"""Callbacks that write, and change nothing about the training but where `BackupAndRestore` restores
a model, which the other workers then get from the chief."""


def without_writing(
    workers: Workers, callbacks: Iterable[keras.callbacks.Callback]
) -> list[keras.callbacks.Callback]:
    """Return the callbacks of this process: all of them for the chief, and where it is alone."""
    return [one for one in callbacks if workers.is_chief or not isinstance(one, WRITING)]


def callbacks_of_pass(
    workers: Workers,
    callbacks: Any,
    model: keras.Model,
    *,
    verbose: str | int = 0,
    steps: int | None = None,
) -> keras.callbacks.CallbackList:
    """Return the callbacks of one pass over data, with a progress bar of the chief.

    Args:
        workers: The workers.
        callbacks: One callback, several, None, or a `CallbackList`, which gets no bar.
        model: The model.
        verbose: As for `keras.Model.evaluate`.
        steps: The number of batches.
    """
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks.callbacks = without_writing(workers, callbacks.callbacks)
        return callbacks
    shown = (1 if verbose == "auto" else int(verbose)) if workers.is_chief else 0
    return keras.callbacks.CallbackList(
        without_writing(workers, keras.tree.flatten(callbacks or [])),
        add_progbar=shown != 0,
        model=model,
        verbose=shown,
        epochs=1,
        steps=steps,
    )

"""The callbacks of a run, and how often their batch hooks can run."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.training.batch_hooks import follows_batches

STEPS_PER_BLOCK = 32


def callback_list(
    model: keras.Model, callbacks: Any, *, verbose: str | int, epochs: int, steps: int
) -> keras.callbacks.CallbackList:
    """The callbacks with a `History`, and a progress bar unless `verbose` is 0."""
    given = getattr(callbacks, "callbacks", callbacks)
    if any(isinstance(one, keras.callbacks.SwapEMAWeights) for one in keras.tree.flatten(given)):
        raise ValueError(
            "`SwapEMAWeights` wants one optimizer with averages; here each part has its own. Leave "
            "it out: with `use_ema=True` the averages become the weights when `fit` ends."
        )
    if isinstance(callbacks, keras.callbacks.CallbackList):
        if not any(isinstance(one, keras.callbacks.History) for one in callbacks.callbacks):
            callbacks.callbacks.append(keras.callbacks.History())
            callbacks.set_model(model)
        return callbacks
    shown = 1 if verbose == "auto" else int(verbose)
    return keras.callbacks.CallbackList(
        callbacks,
        add_history=True,
        add_progbar=shown != 0,
        model=model,
        verbose=shown,
        epochs=epochs,
        steps=steps,
    )


def begin_training(model: keras.Model, callbacks: keras.callbacks.CallbackList, epoch: int) -> int:
    """Tell the callbacks; the epoch to begin with, a later one if `BackupAndRestore` says so."""
    model._initial_epoch = epoch
    callbacks.on_train_begin()
    return int(model._initial_epoch)


def history_of(callbacks: keras.callbacks.CallbackList) -> keras.callbacks.History:
    """The `History` among the callbacks."""
    found = (one for one in callbacks.callbacks if isinstance(one, keras.callbacks.History))
    return next(found)


def steps_per_block(
    model: keras.Model, callbacks: keras.callbacks.CallbackList, given: int | None
) -> int:
    """As given to `fit` or `compile`; else 1 if a callback looks at each step, or many."""
    if given is not None:
        return given
    if model.steps_per_execution > 1:
        return int(model.steps_per_execution)
    return 1 if any(map(follows_batches, callbacks.callbacks)) else STEPS_PER_BLOCK

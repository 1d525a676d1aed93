"""The callbacks of a run, and how often their batch hooks run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_mtl.keras_private.compiled import initial_epoch, set_initial_epoch
from keras_mtl.training.batch_hooks import follows_batches
from keras_mtl.training.distribution.chief_writes import without_writing
from keras_mtl.training.distribution.workers import ALONE, Workers
from keras_mtl.training.state import TrainingState
from keras_mtl.training.task_conflicts import TaskConflicts
from keras_mtl.training.task_data import Data
from keras_mtl.training.task_early_stopping import TaskEarlyStopping

STEPS_PER_BLOCK = 32
"""Many enough that leaving the compiled loop costs little, few enough for a progress bar."""


def callback_list(
    model: keras.Model,
    callbacks: Any,
    *,
    verbose: str | int,
    epochs: int,
    steps: int,
    workers: Workers = ALONE,
) -> keras.callbacks.CallbackList:
    """Return the callbacks with a `History`, and a progress bar unless `verbose` is 0.

    Of several workers only the chief shows a bar, and has callbacks that write files.
    """
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks.callbacks = without_writing(workers, callbacks.callbacks)
        if not any(isinstance(one, keras.callbacks.History) for one in callbacks.callbacks):
            callbacks.callbacks.append(keras.callbacks.History())
            callbacks.set_model(model)
        return callbacks
    shown = (1 if verbose == "auto" else int(verbose)) if workers.is_chief else 0
    return keras.callbacks.CallbackList(
        without_writing(workers, keras.tree.flatten(callbacks or [])),
        add_history=True,
        add_progbar=shown != 0,
        model=model,
        verbose=shown,
        epochs=epochs,
        steps=steps,
    )


def refuse_swapping(callbacks: Any) -> None:
    """Refuse a callback for the averages of one optimizer.

    Raises:
        ValueError: It is among the callbacks of a model of several tasks.
    """
    given = getattr(callbacks, "callbacks", callbacks)
    if any(isinstance(one, keras.callbacks.SwapEMAWeights) for one in keras.tree.flatten(given)):
        raise ValueError(
            "`SwapEMAWeights` wants one optimizer with averages; here each part has its own. Leave "
            "it out: with `use_ema=True` the averages become the weights when `fit` ends."
        )


def watch_tasks(
    state: TrainingState, validation: Data | None, callbacks: Sequence[keras.callbacks.Callback]
) -> None:
    """Let callbacks that follow tasks find these, and what they measure, before the run begins.

    Args:
        state: What training keeps of the model; its metrics are built.
        validation: The data to validate on, or None.
        callbacks: The callbacks of the run.

    Raises:
        TaskNotFound: There is no such task.
        InvalidTaskData: A callback has no data to measure on.
        ValueError: The task will have no such metric in the logs.
    """
    validated = validation.tasks if validation else ()
    for one in callbacks:
        if isinstance(one, TaskEarlyStopping):
            one.watch(state, validated)
        elif isinstance(one, TaskConflicts):
            one.watch(state, validation)


def begin_training(model: keras.Model, callbacks: keras.callbacks.CallbackList, epoch: int) -> int:
    """Call `on_train_begin`.

    Returns:
        The epoch to begin with: `epoch`, or a later one that `BackupAndRestore` goes on with.
    """
    # `BackupAndRestore` reads and sets this attribute, as in Keras's own `fit`.
    set_initial_epoch(model, epoch)
    callbacks.on_train_begin()
    return initial_epoch(model)


def history_of(callbacks: keras.callbacks.CallbackList) -> keras.callbacks.History:
    """Return the `History` among the callbacks."""
    found = (one for one in callbacks.callbacks if isinstance(one, keras.callbacks.History))
    return next(found)


def steps_per_block(
    model: keras.Model, callbacks: keras.callbacks.CallbackList, given: int | None
) -> int:
    """Return the steps of a block: as given, or 1 if a callback follows batches, or many."""
    if given is not None:
        return given
    if model.steps_per_execution > 1:
        return int(model.steps_per_execution)
    return 1 if any(map(follows_batches, callbacks.callbacks)) else STEPS_PER_BLOCK

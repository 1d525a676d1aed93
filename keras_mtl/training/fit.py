"""Training a compiled model: of several tasks, or of one."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import keras

from keras_mtl.training.loop import TrainingLoop
from keras_mtl.training.resume.backup import Backup, opened
from keras_mtl.training.resume.resuming import Resuming
from keras_mtl.training.run_callbacks import callback_list
from keras_mtl.training.run_setup import set_up
from keras_mtl.training.run_steps import RunSteps
from keras_mtl.training.settings import NEWEST_DEFAULTS, Settings
from keras_mtl.training.state import OneTaskState, TrainingState


def fit(state: TrainingState, x: Any, y: Any, settings: Settings) -> keras.callbacks.History:
    """Train a model of several tasks; this changes its weights.

    Everything is read and checked before the first step.

    Args:
        state: What training keeps of the model.
        x: The data, as `MultiTaskModel.fit` takes them.
        y: Labels by task, where `x` are the inputs of all.
        settings: The other arguments of `fit`.

    Returns:
        The history of the run.
    """
    model = state.model
    if not model.compiled:
        raise ValueError("The model is not compiled: call `compile` with the losses of its tasks.")
    state.check_variables()
    with _backup(state, settings) as backup:
        return _loop(state, x, y, settings, backup).run()


def fit_one_task(
    state: OneTaskState, x: Any, y: Any, settings: Settings
) -> keras.callbacks.History:
    """Train a model of one task; this changes its weights.

    The data and the arguments are those of `keras.Model.fit`, and so are the logs.

    Args:
        state: What training keeps of the model.
        x: Inputs as arrays; or batches: a `tf.data.Dataset`, a `PyDataset`, a generator, a
            `DataLoader`.
        y: Labels, where `x` are arrays.
        settings: The other arguments of `fit`.

    Returns:
        The history of the run.
    """
    (task,) = state.tasks

    def by_task(value: Any) -> Any:
        return None if value is None else {task: value}

    settings = replace(
        settings,
        validation_data=by_task(settings.validation_data),
        sample_weight=by_task(settings.sample_weight),
        class_weight=by_task(settings.class_weight),
        masks=by_task(settings.masks),
    )
    return fit(state, {task: x if y is None else (x, y)}, None, settings)


def _backup(state: TrainingState, settings: Settings) -> AbstractContextManager[Backup | None]:
    """Return the backups of a run, whose folder is locked until it ends."""
    if settings.backup is None:
        return nullcontext()
    return opened(settings.backup, shared=state.num_workers > 1)


def _loop(
    state: TrainingState, x: Any, y: Any, settings: Settings, backup: Backup | None
) -> TrainingLoop:
    """Read and check all that a run needs, and return what runs it."""
    model, seed, defaults = state.model, settings.seed, NEWEST_DEFAULTS
    if backup is not None:
        seed = backup.seed if seed is None else seed
        defaults = backup.defaults
    run = set_up(state, x, y, settings, seed, defaults)
    model.stop_training = False
    state.stopped.clear()
    steps = RunSteps(run)
    callbacks = callback_list(
        model,
        settings.callbacks,
        verbose=settings.verbose,
        epochs=settings.epochs,
        steps=run.plan.steps_per_epoch,
    )
    return TrainingLoop(run, steps, callbacks, Resuming(run, steps, backup))

"""Training a compiled model: of several tasks, or of one."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras

from keras_mtl.training.compiled_state import CompiledState
from keras_mtl.training.distribution.agreement import check_same, common_seed
from keras_mtl.training.distribution.workers import Workers
from keras_mtl.training.loop import TrainingLoop
from keras_mtl.training.one_task_setup import set_up_one_task
from keras_mtl.training.resume.backup import Backup, opened
from keras_mtl.training.resume.resuming import Resuming
from keras_mtl.training.run_callbacks import callback_list, refuse_swapping
from keras_mtl.training.run_facts import check_run, facts_of_run
from keras_mtl.training.run_setup import Run, set_up
from keras_mtl.training.run_steps import RunSteps
from keras_mtl.training.settings import NEWEST_DEFAULTS, Settings
from keras_mtl.training.state import TrainingState


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
    if not state.model.compiled:
        raise ValueError("The model is not compiled: call `compile` with the losses of its tasks.")
    state.check_variables()
    workers = state.workers
    with workers.watched(settings.backup), _backup(workers, settings) as backup:
        seed = common_seed(workers, "fit", _seed(settings, backup))
        defaults = NEWEST_DEFAULTS if backup is None else backup.defaults
        with workers.failing_together():
            run = set_up(state, x, y, settings, seed, defaults)
            refuse_swapping(settings.callbacks)
            check_run(workers, run)
        return _loop(run, backup, workers).run()


def fit_one_task(
    state: CompiledState, x: Any, y: Any, settings: Settings
) -> keras.callbacks.History:
    """Train a model of one task as `keras.Model.fit` does; this changes its weights.

    Args:
        state: What training keeps of the model; `reason_for_keras_loop` must be None.
        x: Inputs as arrays, or a `tf.data.Dataset`; a `PyDataset` or a loader too.
        y: Labels, where `x` are arrays.
        settings: The other arguments of `fit`, as Keras takes them. Without a seed and a backup
            rows are shuffled as Keras shuffles them.

    Returns:
        The history of the run.
    """
    state.check_variables()
    workers = state.workers
    with workers.watched(settings.backup), _backup(workers, settings) as backup:
        # Without a seed and a backup the chief draws each order, see `RowsInOrderOfFit`.
        draws = settings.backup is not None
        seed = common_seed(workers, "fit", _seed(settings, backup), draws=draws)
        with workers.failing_together():
            run = set_up_one_task(state, x, y, settings, seed)
            check_run(workers, run)
        return _loop(run, backup, workers).run()


def _backup(workers: Workers, settings: Settings) -> AbstractContextManager[Backup | None]:
    """Return the backups of a run, whose folder is locked until it ends."""
    if settings.backup is None:
        return nullcontext()
    return opened(settings.backup, workers)


def _seed(settings: Settings, backup: Backup | None) -> int | None:
    """Return the seed given, or the seed of the run that made the backup."""
    return backup.seed if settings.seed is None and backup is not None else settings.seed


def _loop(run: Run, backup: Backup | None, workers: Workers) -> TrainingLoop:
    """Return what runs a run, ready for its first step."""
    model, settings = run.state.model, run.settings
    if workers.size > 1:
        check_same(workers, "fit", facts_of_run(run))
    model.stop_training = False
    run.state.stopped.clear()
    steps = RunSteps(run)
    callbacks = callback_list(
        model,
        settings.callbacks,
        verbose=settings.verbose,
        epochs=settings.epochs,
        steps=run.plan.steps_per_epoch,
        workers=workers,
    )
    return TrainingLoop(run, steps, callbacks, Resuming(run, steps, backup))

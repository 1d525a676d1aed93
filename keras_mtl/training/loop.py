"""The training loop: epochs, blocks of steps, callbacks, validation, backups."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.training.logs import EpochLogs, flat, step_logs
from keras_mtl.training.metric_directions import set_auto_modes
from keras_mtl.training.resume.backup import Position, SavedRun
from keras_mtl.training.resume.resuming import Resuming
from keras_mtl.training.run_callbacks import (
    begin_training,
    history_of,
    steps_per_block,
    watch_tasks,
)
from keras_mtl.training.run_setup import Run
from keras_mtl.training.run_steps import RunSteps
from keras_mtl.training.scoring_pass import score
from keras_mtl.training.steps_together import StepsTogether


class TrainingLoop:
    """Trains the epochs of one run.

    Args:
        run: What is trained on.
        steps: The steps of the run.
        callbacks: The callbacks of the run.
        resuming: The backups.
    """

    def __init__(
        self,
        run: Run,
        steps: RunSteps,
        callbacks: keras.callbacks.CallbackList,
        resuming: Resuming,
    ) -> None:
        self._run = run
        self._state = run.state
        self._model = run.state.model
        self._settings = run.settings
        self._plan = run.plan
        self._validation = run.validation
        self._steps = steps
        self._callbacks = callbacks
        self._resuming = resuming
        self._logs = EpochLogs()
        self._together = StepsTogether(run.state, callbacks.callbacks, steps.stopped)
        self._block = self._together.block(
            steps_per_block(self._model, callbacks, run.settings.steps_per_execution)
        )

    def run(self) -> keras.callbacks.History:
        """Train all epochs, from a backup on if there is one."""
        saved = self._resuming.saved
        if saved is None:
            position = Position(self._settings.initial_epoch, 0)
            used = self._plan.used_before(position.epoch)
        else:
            position, used = saved.position, saved.notes["used"]
            self._skip_validations(position.epoch)
        self._steps.open(used)
        try:
            return self._train(saved, position)
        finally:
            self._steps.close()

    def _train(self, saved: SavedRun | None, position: Position) -> keras.callbacks.History:
        """Train from a position on."""
        position = self._begin(position)
        # `on_train_begin` has reset the callbacks; a backup in the middle of an epoch is restored
        # later still, after `on_epoch_begin` has reset them once more.
        if saved and not position.step:
            self._resuming.restore(saved)
        logs: dict[str, Any] = {}
        for epoch in range(position.epoch, self._settings.epochs):
            middle = saved if epoch == position.epoch and position.step else None
            logs = self._epoch(epoch, middle)
            if self._ends:
                break
        # Without an epoch there are no averages of weights to replace the weights by.
        if self._settings.epochs > self._settings.initial_epoch:
            self._model.optimizer.finalize_variable_values(self._model.trainable_variables)
        self._callbacks.on_train_end(logs)
        self._resuming.remove()
        return history_of(self._callbacks)

    def _begin(self, position: Position) -> Position:
        """Call `on_train_begin`; return the position to begin at, which a callback may change."""
        set_auto_modes(self._state, self._callbacks.callbacks)
        watch_tasks(self._state, self._validation, self._callbacks.callbacks)
        epoch = begin_training(self._model, self._callbacks, position.epoch)
        epoch = self._together.first_epoch(epoch, position.epoch)
        if epoch != position.epoch:  # `BackupAndRestore` of Keras has restored a later epoch.
            position = Position(epoch, 0)
            if not self._run.skips_earlier_epochs:
                self._plan.first_epoch = epoch
            self._steps.close()
            self._steps.open(self._plan.used_before(epoch))
        # After `on_train_begin`: what it sets is set again in the next process, so that a backup
        # holds only what training changes.
        self._resuming.watch([*self._callbacks.callbacks, self._logs])
        return position

    def _epoch(self, epoch: int, middle: SavedRun | None) -> dict[str, Any]:
        """Train an epoch, or the rest of it after a backup; return its logs."""
        if not middle:
            self._reset_metrics()
        self._callbacks.on_epoch_begin(epoch)
        if middle:  # After `on_epoch_begin`, which resets what callbacks remember.
            self._resuming.restore(middle)
        self._together.decide()
        end = self._take_steps(epoch, middle.position.step if middle else 0)
        logs = self._logs.of_epoch(self._state.results(), self._steps.trained, self._steps.stopped)
        logs |= self._validate(epoch)
        self._callbacks.on_epoch_end(epoch, logs)
        self._together.decide()
        if not self._ends and self._resuming.is_due(self._since_start(epoch, end)):
            self._resuming.save(Position(epoch + 1, 0))
        return logs

    def _validate(self, epoch: int) -> dict[str, Any]:
        """Return the logs of the validation after an epoch, if there is one."""
        numbers = self._settings.validations(epoch, epoch + 1)
        if not self._validation or not numbers:
            return {}
        steps = self._settings.validation_steps
        results = score(
            self._state, self._validation, self._callbacks, number=numbers[0], steps=steps
        )
        return {f"val_{name}": value for name, value in flat(results).items()}

    def _skip_validations(self, epoch: int) -> None:
        """Let the data to validate on be as they are after the validations before an epoch."""
        skipped = self._settings.validations(self._settings.initial_epoch, epoch)
        for one in self._validation.sets.values() if self._validation else ():
            one.skip_passes(skipped)

    def _take_steps(self, epoch: int, step: int) -> int:
        """Take the steps of an epoch from a step on; return the step at which it ended."""
        length = self._plan.steps_per_epoch
        while step < length and not self._ends:
            until = self._end_of_block(epoch, step)
            self._take_block(epoch, step, until)
            step = until
            if self._steps.all_stopped:  # Else the rest of the epoch would be empty blocks.
                self._model.stop_training = True
            due = step < length and self._resuming.is_due(self._since_start(epoch, step))
            if due and not self._ends:
                self._resuming.save(Position(epoch, step))
        return step

    @property
    def _ends(self) -> bool:
        """Whether no further step is taken."""
        return self._together.stops or self._steps.all_stopped

    def _take_block(self, epoch: int, first: int, until: int) -> None:
        tasks = self._plan.tasks(epoch, first, until)
        if not self._steps.left(tasks):  # All steps are of stopped tasks: there is no batch.
            return
        self._callbacks.on_train_batch_begin(first)
        self._state.check_current()
        results = self._steps.take(tasks, epoch=epoch, first=first)
        self._callbacks.on_train_batch_end(until - 1, step_logs(results, self._steps.trained))
        self._together.decide()

    def _end_of_block(self, epoch: int, step: int) -> int:
        """Return the step before which the block that begins at `step` ends."""
        until = min(step + self._block, self._plan.steps_per_epoch)
        to_backup = self._resuming.steps_to_backup(self._since_start(epoch, step))
        return until if to_backup is None else min(until, step + to_backup)

    def _since_start(self, epoch: int, step: int) -> int:
        """Return how many steps of the run come before a step of an epoch."""
        return epoch * self._plan.steps_per_epoch + step

    def _reset_metrics(self) -> None:
        self._steps.trained = set()
        self._state.mean_of_steps.reset_state()
        for task in self._plan.data.tasks:
            self._state.objectives[task].reset()

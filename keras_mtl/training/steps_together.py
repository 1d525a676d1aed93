"""What the workers of a run decide together, so that none waits for a step of another one."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from keras_mtl.training.batch_hooks import follows_batches
from keras_mtl.training.state import TrainingState


class StepsTogether:
    """Makes one decision of those of all workers, whose callbacks may differ.

    Args:
        state: What training keeps of the model.
        callbacks: The callbacks of the run in this process.
    """

    def __init__(self, state: TrainingState, callbacks: Sequence[keras.callbacks.Callback]) -> None:
        self._state = state
        self._workers = state.workers
        self._follows = False
        kind = keras.callbacks.BackupAndRestore
        self._restores = any(isinstance(one, kind) for one in callbacks)
        if self._workers.size > 1:
            self._follows = self._workers.any(any(map(follows_batches, callbacks)))

    def block(self, steps: int) -> int:
        """Return the steps of a block, the fewest that a worker wants."""
        return min(self._workers.exchanged(steps))

    def first_epoch(self, epoch: int, given: int) -> int:
        """Return the epoch that the chief begins with.

        Where that is a later one than was given, or the chief has a `BackupAndRestore`, which
        restores the middle of the first epoch too, the others get the model of the chief.
        """
        first, restores = self._workers.exchanged([epoch, self._restores])[0]
        if self._workers.size > 1 and (restores or first != given):
            model = self._state.model
            self.same_values([*model.variables, *model.optimizer.variables])
        return int(first)

    def same_values(self, variables: Sequence[keras.Variable]) -> None:
        """Give variables the values that they have in the process of the chief."""
        with self._state.scope():
            for variable in variables:
                value = np.asarray(keras.ops.convert_to_numpy(variable))
                variable.assign(self._workers.from_chief(value))

    def after_block(self) -> None:
        """Stop where a callback of any worker has stopped the training, between two blocks."""
        if self._follows:
            self.after_epoch()

    def after_epoch(self) -> None:
        """Stop where a callback of any worker has stopped the training, or some of its tasks."""
        if self._workers.size == 1:
            return
        model, stopped = self._state.model, self._state.stopped
        every = self._workers.exchanged([bool(model.stop_training), sorted(stopped)])
        model.stop_training = any(stops for stops, _ in every)
        stopped.update(task for _, tasks in every for task in tasks)

"""What the workers of a run decide together, so that none waits for a step of another one."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

from keras_mtl.errors import UnsupportedBackend
from keras_mtl.training.distribution.assigning import assign
from keras_mtl.training.state import TrainingState


class StepsTogether:
    """Makes one decision of those of all workers, whose callbacks may differ.

    Args:
        state: What training keeps of the model.
        callbacks: The callbacks of the run in this process.
        stopped: The tasks whose steps are left out, to which those are added that were stopped on
            any worker; that of the state where there is one worker.
    """

    def __init__(
        self,
        state: TrainingState,
        callbacks: Sequence[keras.callbacks.Callback],
        stopped: set[str],
    ) -> None:
        self._state = state
        self._workers = state.workers
        self._stopped = stopped
        self._stops = False
        kind = keras.callbacks.BackupAndRestore
        self._restores = any(isinstance(one, kind) for one in callbacks)
        if not self._workers.assigns_alone and self._workers.any(self._restores):
            raise UnsupportedBackend(
                "`BackupAndRestore` restores the model of the chief alone, which several JAX "
                "processes do not allow. Give a folder as `backup` to the method instead."
            )

    @property
    def stops(self) -> bool:
        """Whether training ends, as the workers have decided last.

        A callback or a thread may set `stop_training` of the model of one of them at any moment.
        """
        return self._stops if self._workers.size > 1 else bool(self._state.model.stop_training)

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
                assign(variable, self._workers.from_chief(value))

    def decide(self) -> None:
        """Stop where any worker has stopped the training, or some of its tasks."""
        if self._workers.size == 1:
            return
        model, stopped = self._state.model, self._state.stopped
        # Mostly there is nothing to tell, and one number is exchanged faster than texts.
        if not self._workers.any(model.stop_training or stopped != self._stopped):
            return
        every = self._workers.exchanged([bool(model.stop_training), sorted(stopped)])
        self._stopped.update(task for _, tasks in every for task in tasks)
        stopped |= self._stopped
        self._stops = any(stops for stops, _ in every)
        if self._stops:
            model.stop_training = True

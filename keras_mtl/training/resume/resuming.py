"""Saving a run while it trains, and going on with a run that was saved."""

from __future__ import annotations

import keras

from keras_mtl.common.global_random import global_states, set_global_states
from keras_mtl.training.resume.backup import Backup, Position, SavedRun
from keras_mtl.training.resume.callback_memory import CallbackMemory
from keras_mtl.training.resume.run_identity import identity
from keras_mtl.training.run_setup import Run
from keras_mtl.training.run_steps import RunSteps
from keras_mtl.training.steps.choosing import random_state, set_random_state

RANDOM = "random "
"""What the names of arrays with the state of random generators begin with."""


class Resuming:
    """The backups of one run; without a folder it does nothing.

    Args:
        run: The run.
        steps: Its steps.
        backup: The folder; None without one.

    Attributes:
        saved: The backup to go on from, if there is one.

    Raises:
        InvalidBackup: The backup is of another run.
        InvalidTaskData: Earlier batches of the data cannot be read, or skipped, again.
    """

    def __init__(self, run: Run, steps: RunSteps, backup: Backup | None) -> None:
        self._run = run
        self._steps = steps
        self._backup = backup
        self._memory = CallbackMemory([])
        self.saved: SavedRun | None = None
        if backup is not None:
            for one in run.data.sets.values():
                one.check_resumable()
            # Before the first step, so that a backup of another run is refused, not overwritten.
            backup.open(identity(run))
            self.saved = backup.saved

    def watch(self, remembering: list[object]) -> None:
        """Note what callbacks and logs remember now; call it after `on_train_begin`."""
        if self._backup is not None:
            self._memory = CallbackMemory(remembering)

    def steps_to_backup(self, steps: int) -> int | None:
        """Return how many steps are left until the next backup in the middle of an epoch.

        Args:
            steps: The number of steps since the run began.
        """
        every = self._run.settings.backup_every
        return None if every is None else every - steps % every

    def is_due(self, steps: int) -> bool:
        """Return whether a backup is to be made after so many steps of the run."""
        if self._backup is None:
            return False
        every = self._run.settings.backup_every or self._run.plan.steps_per_epoch
        return steps % every == 0

    def save(self, position: Position) -> None:
        """Write a backup, from which the run goes on at a position."""
        assert self._backup is not None
        callbacks, arrays = self._memory.notes()
        random_numbers = random_state()
        arrays |= {RANDOM + name: state for name, state in random_numbers.items()}
        notes = {
            "random": list(random_numbers),
            "global_random": global_states(),
            "used": self._steps.used,
            "trained": sorted(self._steps.trained),
            "stopped": sorted(self._run.state.stopped),
            "callbacks": callbacks,
        }
        self._backup.save(SavedRun(position, notes, arrays), self._variables())

    def restore(self, saved: SavedRun) -> None:
        """Put back the variables, the random numbers and what callbacks remembered."""
        assert self._backup is not None
        self._backup.restore(self._variables())
        self._steps.trained = set(saved.notes["trained"])
        self._run.state.stopped.update(saved.notes["stopped"])
        self._memory.give_back(saved.notes["callbacks"], saved.arrays)
        # Last: nothing may draw random numbers between this and the next step. Backups of earlier
        # versions lack the states of Python and NumPy.
        set_global_states(saved.notes.get("global_random", {}))
        set_random_state({name: saved.arrays[RANDOM + name] for name in saved.notes["random"]})

    def remove(self) -> None:
        """Delete the backups: the run has ended."""
        if self._backup is not None:
            self._backup.remove()

    def _variables(self) -> dict[str, keras.Variable]:
        """Return all variables of the run by a name."""
        state = self._run.state
        metrics = [
            *state.mean_of_steps.variables,
            *(v for task in self._run.data.tasks for v in state.objectives[task].variables),
        ]
        groups = {
            "model": state.model.variables,
            "optimizer": state.model.optimizer.variables,
            "metrics": metrics,
            "balancer": state.update_rule.variables,
        }
        return {
            f"{group}-{index}": variable
            for group, own in groups.items()
            for index, variable in enumerate(own)
        }

"""One run of all phases, which goes on from a backup where it was killed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from keras_mtl.common.global_random import global_states, set_global_states
from keras_mtl.finetuning.choice import Criterion, Standing
from keras_mtl.finetuning.phase_callbacks import (
    CommonCallbacks,
    StoppedByUser,
    stopping_of_phase,
)
from keras_mtl.finetuning.phase_training import PhaseTraining
from keras_mtl.finetuning.stages import Stage
from keras_mtl.finetuning.tuning_data import TuningData
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.training.distribution.assigning import assign_all
from keras_mtl.training.distribution.model_workers import workers_of
from keras_mtl.training.resume.backup import Backup, Position, SavedRun
from keras_mtl.training.resume.callback_memory import CallbackMemory
from keras_mtl.training.steps.choosing import random_state, set_random_state

RANDOM = "random "
"""What the names of arrays with the state of random generators begin with."""
PHASE_FOLDER = "phase"
"""The folder in the folder of backups for those of the phase that trains."""


class TuningRun:
    """Trains the phases of one call of `fine_tune`; this changes the model.

    Args:
        model: The model.
        stages: The phases.
        data: The rows to train on.
        validation: The data to validate on, as for `fit`; None for none.
        training: Trains one phase.
        criterion: Compares phases.
        callbacks: The callbacks of all phases.
        backup: The backups, or None.
        folder: Their folder.
        backup_every: As for `fit`.
    """

    def __init__(
        self,
        model: TransferModel,
        stages: Sequence[Stage],
        data: TuningData,
        validation: Any,
        training: PhaseTraining,
        criterion: Criterion,
        callbacks: CommonCallbacks,
        backup: Backup | None,
        folder: Path | None,
        backup_every: int | None,
    ) -> None:
        self._model = model
        self._stages = list(stages)
        self._data = data
        self._validation = validation
        self._training = training
        self._criterion = criterion
        self._callbacks = callbacks
        self._backup = backup
        self._folder = folder
        self._backup_every = backup_every
        self._standing = Standing()
        self._memory = CallbackMemory([])

    def run(self) -> keras.callbacks.History:
        """Train all phases, from a backup on if there is one; return the history of all."""
        try:
            self._run_phases()
        except BaseException:
            self._training.compile_as_before()  # An interrupted user may go on with `fit`.
            raise
        self._callbacks.end()
        if self._backup is not None:
            self._remove_backups(self._backup)
        return self._callbacks.history

    def _run_phases(self) -> None:
        self._callbacks.begin(self._planned(0), self._data.num_batches)
        self._memory = CallbackMemory([*self._callbacks.all, self._standing])
        first = self._restore()
        for position in range(first, len(self._stages)):
            if self._standing.stopped:
                break
            self._run_phase(position)
            # A callback may have stopped it on one of several workers only.
            self._standing.stopped = workers_of(self._model).any(self._standing.stopped)
            self._save(position + 1)
        self._choose()

    def _run_phase(self, position: int) -> None:
        """Train a phase, and compare it with the best one before."""
        stage, standing = self._stages[position], self._standing
        compares = self._validation is not None and standing.best is not None
        if compares and standing.best_weights is None:
            standing.best_weights = self._model.get_weights()
        self._callbacks.say(self._line(stage))
        logs = self._solve(stage) if stage.solves else self._train(position)
        score = None if self._validation is None else self._criterion.score(logs)
        standing.add(position, score)

    def _solve(self, stage: Stage) -> dict[str, float]:
        """Train the head on static features, which callbacks see as one epoch."""
        logs = self._training.solve(self._data, self._validation)
        epoch, self._model.stop_training = self._standing.epoch, False
        self._callbacks.one_epoch(stage.number, epoch, self._planned(stage.number - 1), logs)
        self._callbacks.say(" - ".join(f"{name}: {value:.4g}" for name, value in logs.items()))
        self._standing.epoch += 1
        self._standing.stopped = bool(self._model.stop_training)
        return logs

    def _train(self, position: int) -> dict[str, float]:
        """Train a phase step by step; return the logs of its best epoch, or of the last one."""
        stage, standing = self._stages[position], self._standing
        self._training.enter(stage)
        noticed = StoppedByUser()
        own: list[keras.callbacks.Callback] = [noticed]
        if stage.phase.until is not None:
            own.append(stopping_of_phase(stage.phase.until, standing.epoch))
        length = stage.steps_per_epoch or self._data.num_batches
        callbacks = self._callbacks.of_phase(stage.number, own, self._planned(position), length)
        self._training.train(
            stage,
            self._data,
            self._validation,
            callbacks,
            first_epoch=standing.epoch,
            backup=None if self._folder is None else self._folder / PHASE_FOLDER,
            backup_every=self._backup_every,
        )
        history, first = self._callbacks.history, standing.epoch
        standing.epoch, standing.stopped = len(history.epoch), noticed.stopped
        best = own[-1].best_epoch if stage.phase.until is not None else standing.epoch - 1
        row = max(best, first)
        return {name: float(values[row]) for name, values in history.history.items()}

    def _choose(self) -> None:
        """Give the model the weights of the best phase, and compile it as before."""
        standing = self._standing
        assert standing.best is not None
        if standing.best_weights is not None:
            assign_all(self._model.weights, standing.best_weights)
        stage = self._stages[standing.best]
        if standing.best + 1 < len(self._stages) and not standing.stopped:
            self._callbacks.say(f"Phase {stage.number} is kept: the later ones are no better.")
        self._training.finish(stage)

    def _planned(self, position: int) -> int:
        """Return the number of epochs, if the phases from a position on last as long as planned."""
        return self._standing.epoch + sum(stage.epochs for stage in self._stages[position:])

    def _line(self, stage: Stage) -> str:
        trained = len(stage.trained)
        layers = "1 layer" if trained == 1 else f"{trained} layers"
        what = f"the head and {layers} of the trunk train" if trained else "the head trains"
        return f"Phase {stage.number} of {len(self._stages)}: {what}"

    # Backups

    def _remove_backups(self, backup: Backup) -> None:
        """Delete the backups of a run that has ended, and the folder of its phases."""
        backup.remove()
        phases = self._folder and self._folder / PHASE_FOLDER
        is_chief = workers_of(self._model).is_chief
        if phases and is_chief and phases.is_dir() and not any(phases.iterdir()):
            phases.rmdir()

    def _save(self, position: int) -> None:
        """Write a backup, from which the run goes on at a phase."""
        if self._backup is None:
            return
        notes, arrays = self._memory.notes()
        random_numbers = random_state()
        arrays |= {RANDOM + name: state for name, state in random_numbers.items()}
        more = {"random": list(random_numbers), "global_random": global_states()}
        saved = SavedRun(Position(position, 0), {"callbacks": notes, **more}, arrays)
        self._backup.save(saved, self._variables(position))

    def _restore(self) -> int:
        """Put back what a backup holds; return the position of the next phase."""
        saved = self._backup.saved if self._backup is not None else None
        if saved is None:
            self._save(0)
            return 0
        assert self._backup is not None
        position = saved.position.epoch
        if position and not self._stages[position - 1].solves:
            self._training.enter(self._stages[position - 1])
        self._backup.restore(self._variables(position))
        self._memory.give_back(saved.notes["callbacks"], saved.arrays)
        set_global_states(saved.notes["global_random"])
        set_random_state({name: saved.arrays[RANDOM + name] for name in saved.notes["random"]})
        return position

    def _variables(self, position: int) -> dict[str, keras.Variable]:
        """Return the variables of a run that goes on at a phase, by a name."""
        named = {f"model-{i}": v for i, v in enumerate(self._model.variables)}
        if position and not self._stages[position - 1].solves:
            named |= {f"optimizer-{i}": v for i, v in enumerate(self._training.slots)}
        return named

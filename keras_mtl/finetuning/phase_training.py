"""Training of one phase: flags, optimizer, steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_mtl.finetuning.phase_flags import PhaseFlags
from keras_mtl.finetuning.phase_optimizer import phase_optimizer, take_over_slots
from keras_mtl.finetuning.solved_head import solve_head
from keras_mtl.finetuning.stages import Stage
from keras_mtl.finetuning.tuning_data import TuningData
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.surgery.fresh_compile import fresh_arguments, fresh_optimizer
from keras_mtl.training.compiled_state import CompiledState
from keras_mtl.training.distribution.assigning import assign_all
from keras_mtl.training.distribution.model_workers import scope_of
from keras_mtl.training.fit import fit_one_task
from keras_mtl.training.settings import Settings


class PhaseTraining:
    """Trains a model phase by phase; this changes the model.

    Args:
        model: A compiled model.
        flags: The flags of its trunk, by phase.
        class_weight: As for `fit`.
        seed: Seed of what is random.

    Attributes:
        compiled: The optimizer that the model was compiled with before the first phase.
    """

    def __init__(
        self, model: TransferModel, flags: PhaseFlags, class_weight: Any, seed: int
    ) -> None:
        self.compiled = model.optimizer
        self._model = model
        self._flags = flags
        self._class_weight = class_weight
        self._seed = seed
        self._state: CompiledState | None = None
        self._entered: Stage | None = None
        self._slots: list[np.ndarray] = []

    def enter(self, stage: Stage) -> None:
        """Set the flags of a phase, and compile for what trains; slots are carried over.

        A phase that was entered before begins anew, with the slots that it had then.
        """
        self._flags.set(stage.static)
        if self._entered is stage:
            assign_all(self.slots, self._slots)
            return
        old = self._model.optimizer if self._entered else None
        with scope_of(self._model):
            arguments = fresh_arguments(self._model)
            arguments["optimizer"] = phase_optimizer(stage, self.compiled)
            self._model.compile(**arguments)
            self._model.optimizer.build(self._model.trainable_variables)
        if old is not None:
            take_over_slots(old, self._model.optimizer)
        self._state, self._entered = CompiledState(self._model), stage
        self._slots = [keras.ops.convert_to_numpy(slot).copy() for slot in self.slots]

    @property
    def slots(self) -> list[keras.Variable]:
        """The variables of the optimizer of the phase entered last; none before."""
        return list(self._model.optimizer.variables) if self._entered else []

    def solve(self, data: TuningData, validation_data: Any) -> dict[str, float]:
        """Train the head on the features of the static trunk; return the logs."""
        return solve_head(
            self._model, self._flags, data, validation_data, self._class_weight, self._seed
        )

    def train(
        self,
        stage: Stage,
        data: TuningData,
        validation_data: Any,
        callbacks: keras.callbacks.CallbackList,
        *,
        first_epoch: int = 0,
        backup: Path | None = None,
        backup_every: int | None = None,
    ) -> None:
        """Train a phase that was entered.

        Args:
            stage: The phase.
            data: What to train on.
            validation_data: As for `fit`.
            callbacks: The callbacks, a `History` among them.
            first_epoch: The number of epochs before.
            backup: The folder for backups, or None.
            backup_every: As for `fit`.
        """
        settings = Settings(
            batch_size=None if data.is_stream else data.batch_size,
            epochs=first_epoch + stage.epochs,
            initial_epoch=first_epoch,
            verbose=0,
            callbacks=callbacks,
            validation_data=validation_data,
            sample_weight=data.sample_weight,
            class_weight=self._class_weight,
            steps_per_epoch=stage.steps_per_epoch,
            seed=self._seed,
            backup=backup,
            backup_every=backup_every,
        )
        assert self._state is not None
        fit_one_task(self._state, data.x, data.y, settings)

    def finish(self, stage: Stage) -> None:
        """Set the flags of a phase, and compile as before the first phase, without state."""
        self._flags.set(stage.static)
        self.compile_as_before()

    def compile_as_before(self) -> None:
        """Compile with an optimizer like that before the first phase, for what trains now."""
        with scope_of(self._model):
            arguments = fresh_arguments(self._model)
            arguments["optimizer"] = fresh_optimizer(self.compiled)
            self._model.compile(**arguments)

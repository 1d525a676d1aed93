"""What does one trial of a search, in the process of the search or in another one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import keras_tuner

from keras_mtl.batches.recognise import recognise
from keras_mtl.caching.row_features import ArrayRows
from keras_mtl.errors import KerasMtlError, SearchNotWritable
from keras_mtl.keras_private.filed_tuner import Trial
from keras_mtl.probing.probe_cuts import probe_cuts
from keras_mtl.tuning.attempts import Attempt
from keras_mtl.tuning.checkpoints import CHECKPOINT, SavedBestEpoch, load_weights
from keras_mtl.tuning.fold_training import FoldTraining
from keras_mtl.tuning.halving import PlannedTrial
from keras_mtl.tuning.hypermodel import CutHyperModel
from keras_mtl.tuning.oracle import probe_metrics
from keras_mtl.tuning.refit import stages_of, train_on_all_rows
from keras_mtl.tuning.search_arguments import copied_callbacks
from keras_mtl.tuning.search_data import SearchData, probed_rows
from keras_mtl.tuning.search_files import planned_trial, read_trials
from keras_mtl.tuning.standings import standings


@dataclass(frozen=True)
class TrialRunner:
    """Does one trial after the other.

    Attributes:
        hypermodel: The hypermodel of the search.
        objective: The objective of the search.
        folder: The folder of the search.
        seed: Seed of each training.
        data: What models are trained on.
    """

    hypermodel: CutHyperModel
    objective: keras_tuner.Objective
    folder: Path
    seed: int
    data: SearchData

    def run(self, trial: Trial) -> Any:
        """Probe all depths, or train a model: on each fold, or on what `fit` trains on.

        Returns:
            The metrics of the trial, as keras-tuner takes them from `Tuner.run_trial`.
        """
        planned = planned_trial(trial)
        # For each trial, so that its result does not depend on the trials before it, nor on which
        # machine of several runs it.
        keras.utils.set_random_seed(self.seed)
        try:
            if planned.phase == "probe":
                return self._probe()
            attempt = Attempt.begin(self.trial_folder(trial.trial_id))
            if planned.phase == "refit":
                return self._refit(trial, planned, attempt)
            if self.data.folds:
                return self._train_folds(trial, planned, attempt)
            return self._train(trial, planned, attempt)
        except SearchNotWritable:
            raise
        except KerasMtlError as error:  # It is not the fault of one trial, so the search ends.
            raise keras_tuner.errors.FatalValueError(str(error)) from error

    def build(self, trial: Trial) -> keras.Model:
        """Return the model of a trial before its training."""
        keras.utils.clear_session()  # Frees the models of earlier trials.
        return self.hypermodel.build(trial.hyperparameters)

    def trial_folder(self, trial_id: str) -> Path:
        """Return the folder of a trial."""
        return self.folder / f"trial_{trial_id}"

    def checkpoint(self, trial_id: str) -> Path:
        """Return the file with the weights of a trial."""
        return self.trial_folder(trial_id) / CHECKPOINT

    def _probe(self) -> dict[str, float]:
        hypermodel, fit_arguments = self.hypermodel, self.data.fit_arguments
        x, y = probed_rows(self.data.x, self.data.y, fit_arguments)
        steps = fit_arguments.get("steps_per_epoch")
        if y is None and steps:  # Data with `steps_per_epoch` may have no end.
            x = recognise(x).batches(steps)
        probes = probe_cuts(
            hypermodel.model,
            x,
            y,
            cuts=hypermodel.layers,
            kind=hypermodel.head,
            pooling=hypermodel.head.pooling,
            seed=self.seed,
            batch_size=fit_arguments.get("batch_size"),
            verbose=fit_arguments.get("verbose", "auto"),
        )
        return {**probe_metrics(standings(probes)), **self._no_score()}

    def _no_score(self) -> dict[str, float]:
        """Return what keras-tuner demands of each trial, of one that must not become the best."""
        worst = float("-inf" if self.objective.direction == "max" else "inf")
        return {self.objective.name: worst}

    def _train(self, trial: Trial, planned: PlannedTrial, attempt: Attempt) -> Any:
        model = self.build(trial)
        if planned.start:
            load_weights(model, self.checkpoint(planned.start))
        arguments = self.data.fit_arguments
        saved = SavedBestEpoch(self.checkpoint(trial.trial_id), self.objective, attempt)
        arguments = {
            **arguments,
            "epochs": planned.epochs,
            "callbacks": [*copied_callbacks(arguments.get("callbacks")), saved],
        }
        x, y = self.data.x, self.data.y
        return self.hypermodel.fit(trial.hyperparameters, model, x, y, **arguments)

    def _train_folds(
        self, trial: Trial, planned: PlannedTrial, attempt: Attempt
    ) -> dict[str, float]:
        arguments = {**self.data.fit_arguments, "epochs": planned.epochs}
        rows = ArrayRows(self.data.x, self.data.y, arguments.pop("sample_weight", None))
        training = FoldTraining(self.hypermodel, self.objective, rows, self.data.folds, self.seed)
        start = self.trial_folder(planned.start) if planned.start else None
        model = self.build(trial)
        return training.run(trial.hyperparameters, model, attempt, start, **arguments)

    def _refit(self, trial: Trial, planned: PlannedTrial, attempt: Attempt) -> dict[str, float]:
        train_on_all_rows(
            self.hypermodel,
            self.build,
            stages_of(read_trials(self.folder, self.objective.name), planned.start),
            self.checkpoint(trial.trial_id),
            attempt,
            seed=self.seed,
            x=self.data.x,
            y=self.data.y,
            fit_arguments=self.data.fit_arguments,
        )
        return self._no_score()

"""The search for the best cut: probes for all depths, heads for some, fine-tuning for a few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import keras_tuner

from keras_mtl.common.arguments import one_of, positive_number, random_seed, whole_number
from keras_mtl.jobs.job_count import check_jobs, job_count, sends_jobs
from keras_mtl.keras_private.filed_tuner import FiledTuner, Trial
from keras_mtl.tuning.checkpoints import load_weights
from keras_mtl.tuning.fold_training import fold_file
from keras_mtl.tuning.folds import Fold, check_cv
from keras_mtl.tuning.halving import Budget
from keras_mtl.tuning.hypermodel import CutHyperModel
from keras_mtl.tuning.oracle import CutOracle
from keras_mtl.tuning.parallel_search import search_in_others
from keras_mtl.tuning.refit import refit_of
from keras_mtl.tuning.search_arguments import (
    check_fit_arguments,
    check_hypermodel,
    check_objective,
    check_processes,
    refused_by_keras_tuner,
)
from keras_mtl.tuning.search_data import SearchData, search_data
from keras_mtl.tuning.search_files import (
    ENDED,
    read_search,
    read_trials,
    remove_unfinished,
    write_state,
)
from keras_mtl.tuning.search_folder import delete_search, locked_search, make_folder, search_folder
from keras_mtl.tuning.search_records import all_failed, search_trials
from keras_mtl.tuning.search_results import SearchResults
from keras_mtl.tuning.trial_runner import TrialRunner


class CutTuner(FiledTuner):
    """Search for the depth to cut a model at, and whether to fine-tune it, in few trials.

    One pass over the data ranks all depths (`probe_cuts`); heads are trained on the best of them,
    with the trunk static; the best of these are fine-tuned, from the weights of their heads, by
    successive halving. Use it instead of keras-tuner's own tuners, for which each trial is a
    training from scratch.

    A search that was killed resumes when the same script runs again; finished trials are not
    repeated.

    Args:
        hypermodel: What to search. Heads are trained with the upper bound of its learning rate,
            1e-2 by default, and with the first of its `hidden_units`.
        objective: `"val_accuracy"` by default; `"loss"` or a metric of the head, with `"val_"` in
            front for the validation data, or a `keras_tuner.Objective`.
        frozen_trials: Number of depths that a head is trained for, 6 by default.
        tuned_trials: Number of depths that are fine-tuned, 3 by default, 0 for none.
        factor: Keep 1/factor of the fine-tuned trials and train them factor times longer, 2 by
            default.
        epochs: Number of epochs of a head, and of the longest fine-tuning, 20 by default.
        tuning_rate: Learning rate of fine-tuning divided by the learning rate of a head, 0.1 by
            default.
        cv: Cross-validation instead of validation data, for few labels. A number of folds, as in
            scikit-learn's `GridSearchCV`: stratified for classes, and the rows are not shuffled.
            Or a splitter of scikit-learn, or a list of pairs `(training rows, held-out rows)`. A
            trial is trained on each fold, and its score is the mean over the folds in its best
            epoch. In the end the best models are trained on all rows, for as many epochs as were
            best. A static trunk runs once for all folds. None, the default, for none.
        saved_models: Number of best models whose weights stay on disk, 1 by default.
        seed: Seed of probes, heads and the order of the samples, 0 by default.
        n_jobs: Number of processes that do trials; 1 for all trials in this one, -1 for one for
            each core. None, the default, for what `joblib.parallel_config` says, by which trials
            go to Dask or Ray, and for 1 without it. Trials and scores are those of one process.
            Workers load the model from a `.keras` file, map large arrays from shared files, and
            print nothing; one that dies is replaced, and a trial at which three have died has
            failed. Workers of other machines need a `directory` that all machines share.
        directory: Folder of the searches, the working directory by default.
        project_name: Folder of this search within it.
        overwrite: Whether to delete the search that is there already; other files in its folder
            stay.

    Raises:
        FatalValueError: The objective is none of the head's, or the folder holds the search of
            another model or objective.
        ValueError: A number is out of its range, `hypermodel` freezes nothing, `directory` is no
            path, `project_name` is not the name of one folder, a file of an earlier search is
            damaged, or `overwrite` is to delete a folder that holds no search.
        FolderInUse: `overwrite` is to delete a search that another process runs.
        SearchNotWritable: The folder cannot be made.

    Source:
        Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter
        Optimization", 2016 (successive halving).

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([
        ...     keras.Input((8, 8, 1)), keras.layers.Flatten(),
        ...     keras.layers.Dense(16, activation="relu", name="inner"), keras.layers.Dense(2)])
        >>> hypermodel = keras_mtl.CutHyperModel(trained, 10)
        >>> tuner = keras_mtl.CutTuner(hypermodel, frozen_trials=1, tuned_trials=1, epochs=1)
        >>> x, y = keras_mtl.datasets.digits(labels={"digit": 50})["digit"]
        >>> tuner.search(x, y, validation_split=0.2, verbose=0)
        >>> [trial.phase for trial in tuner.results()]
        ['frozen', 'fine-tuned']
        >>> tuner.get_best_models()[0].output_shape
        (None, 10)
    """

    def __init__(
        self,
        hypermodel: CutHyperModel,
        objective: Any = "val_accuracy",
        *,
        frozen_trials: int = 6,
        tuned_trials: int = 3,
        factor: int = 2,
        epochs: int = 20,
        tuning_rate: float = 0.1,
        cv: Any = None,
        saved_models: int = 1,
        seed: int = 0,
        n_jobs: int | None = None,
        directory: str | Path | None = None,
        project_name: str = "cut_search",
        overwrite: bool = False,
    ) -> None:
        self._n_jobs = check_jobs(n_jobs)
        check_processes(0 if self._n_jobs in (None, 1) else self._n_jobs)
        folder = search_folder(directory, project_name)
        check_hypermodel(hypermodel)
        check_objective(objective, hypermodel.head)
        one_of("overwrite", overwrite, (False, True))
        self._budget = Budget(frozen_trials, tuned_trials, factor, epochs)
        if False not in hypermodel.freeze:
            self._budget = replace(self._budget, tuned_trials=0)
        self._saved_models = whole_number("saved_models", saved_models)
        self._seed = random_seed("seed", seed)
        self._cv = check_cv(cv)
        if self._cv is not None:
            self._budget = replace(self._budget, refits=self._saved_models)
        self._folds: Sequence[Fold] = ()
        # Read while the constructor of keras-tuner reloads a search that was interrupted.
        self._fingerprint = f"{hypermodel.fingerprint()} {getattr(objective, 'name', objective)}"
        self._fingerprint += " cv" if self._cv is not None else ""
        self._data: str | None = None
        oracle = CutOracle(
            objective,
            self._budget,
            depths=len(hypermodel.layers),
            defaults=_defaults(hypermodel),
            tuning_rate=positive_number("tuning_rate", tuning_rate),
            saved_models=self._saved_models,
            seed=self._seed,
        )
        make_folder(folder)
        if overwrite and not self.is_worker:
            with locked_search(folder):
                delete_search(folder)
        super().__init__(oracle, hypermodel, directory=str(folder.parent), project_name=folder.name)

    def search(self, x: Any, y: Any = None, **fit_arguments: Any) -> None:
        """Run the trials that are left.

        Args:
            x: As in `probe_cuts`.
            y: As in `probe_cuts`.
            **fit_arguments: Arguments of `fit` except `epochs`, such as `validation_data`,
                `validation_split`, `batch_size`, `callbacks` (copied for each training), `verbose`.
                With `cv`, which takes arrays only, neither of the first two; callbacks that monitor
                a validation metric are left out where a best model is trained on all rows.

        Raises:
            FatalValueError: No trial could use the data or an argument, or the folder holds a
                search on other data.
            FolderInUse: Another process searches in the folder.
            SearchNotWritable: The disk is full, or nothing may be written in the folder. The same
                call resumes later.
            FatalRuntimeError: All trials failed.
            TypeError: With several jobs: the data, a callback or the hypermodel cannot be sent to
                another process.
            UnsupportedModel: With several jobs: the model cannot be saved or loaded.
            FolderNotShared: With several jobs: a worker does not see `directory`.
            WorkerDied: Processes end again and again before they begin a trial.
        """
        jobs = job_count(self._n_jobs) if sends_jobs(self._n_jobs) else 0
        check_processes(jobs, type(self).run_trial is not CutTuner.run_trial)
        folded = self._cv is not None
        check_fit_arguments(
            self.oracle.objective.name, self._budget.shortest, fit_arguments, folded=folded
        )
        with refused_by_keras_tuner():
            data = search_data(self.hypermodel, x, y, fit_arguments, self._cv)
        self._folds = data.folds
        if folded:
            self.oracle.weights = [fold_file(number) for number in range(len(data.folds))]
        self._check_data(data.identity)
        self._data = data.identity
        if self.is_worker:  # The chief has the oracle, and its folder.
            super().search(data.x, data.y, **data.fit_arguments)
            return
        if self.oracle.is_finished:  # Nothing to write, and the folder may be read-only.
            return
        self.oracle.jobs = max(1, jobs)
        with self._resumed(data.identity):
            if jobs:
                self._search_in_others(data, jobs)
            else:
                super().search(data.x, data.y, **data.fit_arguments)
        if not self.oracle.get_best_trials(1):
            raise all_failed(self._trials())

    def run_trial(self, trial: Trial, x: Any, y: Any = None, **fit_arguments: Any) -> Any:
        """Probe all depths, or train a model: on each fold, or on what `fit` trains on."""
        data = SearchData(x, y, fit_arguments, self._data or "", self._folds)
        return self._runner(data).run(trial)

    def results(self) -> SearchResults:
        """Return the trials so far, as a table, a frame or a picture."""
        layers = self.hypermodel.layers
        records = search_trials(self._trials(), layers)
        objective = self.oracle.objective
        return SearchResults(objective.name, objective.direction, layers, records)

    def results_summary(self, num_trials: int = 10) -> None:
        """Print the best trials as a table, the best one first."""
        print(f"The best trials of the search in `{self.project_dir}`:")
        print(self.results().ranking[: whole_number("num_trials", num_trials)])

    def get_best_models(self, num_models: int = 1) -> list[keras.Model]:
        """Return the best models with the weights of their best epoch, the best one first.

        With `cv` they are trained on all rows.

        Raises:
            ValueError: More than `saved_models` are asked for.
            FatalValueError: With `cv`, the search has not ended.
        """
        if whole_number("num_models", num_models) > self._saved_models:
            raise ValueError(
                f"Only the weights of the {self._saved_models} best models are kept: pass "
                f"`saved_models={num_models}` to `CutTuner`. Received: num_models={num_models}."
            )
        return super().get_best_models(num_models)

    def on_search_begin(self) -> None:
        """Write the first state, so that the very first trial is not repeated either."""
        self.save()

    def get_state(self) -> dict[str, Any]:
        """Return what identifies this search."""
        return {"search": self._fingerprint, "data": self._data}

    def set_state(self, state: dict[str, Any]) -> None:
        """Refuse to resume the search of another model."""
        if state["search"] != self._fingerprint:
            raise keras_tuner.errors.FatalValueError(
                f"`{self.project_dir}` holds the search of another model, head, list of cuts or "
                "objective, or one that differs in `cv`. Pass another `project_name`, or "
                "`overwrite=True` to start anew there."
            )
        self._data = state["data"]

    def save(self) -> None:
        """Write the state, whole or not at all."""
        if not self.is_worker:
            self.oracle.save()
        write_state(self.state_file, self.get_state())

    def begin(self) -> None:
        """Tell the oracle the hyperparameters of the hypermodel, and read a search that is there.

        Nothing is written: the folder of a finished search may be read-only.
        """
        space = self.oracle.get_space()
        self.hypermodel.declare(space)
        self.oracle.update_space(space)
        state = read_search(Path(self.project_dir), self.state_file)
        if state is not None:
            self.set_state(state)
            if not self.is_worker:
                self.oracle.reload()

    def load_model(self, trial: Trial) -> keras.Model:
        """Return the model of a trial with the weights of its best epoch."""
        trial_id = trial.trial_id
        if self._cv is not None:
            trial_id = refit_of(self._trials(), trial_id)
        runner = self._runner(SearchData(None, None, {}, ""))
        model = runner.build(trial)
        load_weights(model, runner.checkpoint(trial_id))
        return model

    @contextmanager
    def _resumed(self, data: str) -> Iterator[None]:
        """Keep other processes out of the folder, and read what they may have done before."""
        folder = Path(self.project_dir)
        with locked_search(folder):
            self.begin()
            self._check_data(data)
            self._data = data
            remove_unfinished(folder, self.state_file)
            self.oracle.resume()
            yield

    def _check_data(self, data: str) -> None:
        """Refuse to resume on other data; nothing is known about data that come in batches.

        Args:
            data: The text by which data are recognised.
        """
        # A call that was refused before its first trial ended may have been given wrong data.
        has_results = any(trial.status in ENDED for trial in self._trials())
        if has_results and self._data not in (None, data):
            other = " or other folds" if self._folds else ""
            raise keras_tuner.errors.FatalValueError(
                f"`{self.project_dir}` holds a search on other data{other}. Pass the same `x` and "
                "`y`, another `project_name`, or `overwrite=True` to start anew there."
            )

    def _search_in_others(self, data: SearchData, jobs: int) -> None:
        self.oracle.verbose = data.fit_arguments.get("verbose", "auto")
        self.on_search_begin()
        search_in_others(self.oracle, self._runner(data), self.on_trial_end, self._n_jobs, jobs)
        self.on_search_end()

    def _runner(self, data: SearchData) -> TrialRunner:
        objective, folder = self.oracle.objective, Path(self.project_dir)
        return TrialRunner(self.hypermodel, objective, folder, self._seed, data)

    def _trials(self) -> list[Trial]:
        """Return all trials from their files: on a worker, no oracle knows them all."""
        return read_trials(self.project_dir, self.oracle.objective.name)


def _defaults(hypermodel: CutHyperModel) -> dict[str, Any]:
    """Return the values of hyperparameters that heads are trained with."""
    hp = keras_tuner.HyperParameters()
    hypermodel.declare(hp)
    return {**hp.values, "learning_rate": hypermodel.learning_rate[1]}

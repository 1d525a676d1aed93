"""The search for the best cut: probes for all depths, heads for some, fine-tuning for a few."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import keras_tuner
from keras_tuner.engine.trial import Trial

from keras_mtl.batches.digests import digest_of_values
from keras_mtl.batches.model_data import as_model_input, as_validation_data
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.recognise import recognise
from keras_mtl.common.atomic_files import read_json, write_json
from keras_mtl.common.hashing import hash_of_several
from keras_mtl.errors import KerasMtlError
from keras_mtl.probing.probe_cuts import probe_cuts
from keras_mtl.probing.task_labels import Kind
from keras_mtl.tuning.halving import Budget, Step
from keras_mtl.tuning.hypermodel import CutHyperModel
from keras_mtl.tuning.objectives import check_fit_arguments, check_objective
from keras_mtl.tuning.oracle import CHECKPOINT, COMPLETED, CutOracle, probe_metrics
from keras_mtl.tuning.search_results import SearchResults, SearchTrial

_KINDS: dict[str, Kind] = {
    "classification": "classification",
    "binary": "classification",
    "multilabel": "multilabel",
    "regression": "regression",
}


class CutTuner(keras_tuner.Tuner):
    """Search for the depth to cut a model at, and whether to fine-tune it, in few trials.

    One pass over the data ranks all depths (`probe_cuts`); heads are trained on the best of them,
    with the trunk static; the best of these are fine-tuned, from the weights of their heads, by
    successive halving. Use it instead of keras-tuner's own tuners, for which each trial is a
    training from scratch.

    A search that was killed goes on where it stood when the same script runs again; finished
    trials are not repeated.

    Args:
        hypermodel: What to search. The upper bound of its learning rate, 1e-2 by default, is
            that of the heads; its first `hidden_units` are theirs.
        objective: `"val_accuracy"` by default; `"loss"` or a metric of the head, with `"val_"` in
            front for the validation data, or a `keras_tuner.Objective`.
        frozen_trials: Number of depths that a head is trained for, 6 by default.
        tuned_trials: Number of depths that are fine-tuned, 3 by default, 0 for none.
        factor: One in so many is promoted to train so much longer, 2 by default.
        epochs: Epochs of a head, and of the longest fine-tuning, 20 by default.
        tuning_rate: Learning rate of fine-tuning relative to that of a head, 0.1 by default.
        saved_models: Number of best models whose weights stay on disk, 1 by default.
        seed: Seed of probes, heads and the order of the samples, 0 by default.
        directory: Folder of the searches, the working directory by default.
        project_name: Folder of this search within it.
        overwrite: Whether to start anew where there is a search already.

    Raises:
        FatalValueError: The objective is none of the head's, or the folder holds the search of
            another model or objective.
        ValueError: A number is out of its range, `hypermodel` freezes nothing, or a file of a
            search begun before is damaged.

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
        saved_models: int = 1,
        seed: int = 0,
        directory: str | Path | None = None,
        project_name: str = "cut_search",
        overwrite: bool = False,
    ) -> None:
        _check_hypermodel(hypermodel)
        check_objective(objective, hypermodel.head)
        budget = Budget(frozen_trials, tuned_trials, factor, epochs)
        if True not in hypermodel.freeze:
            raise ValueError(
                "`CutTuner` trains heads on static trunks before it fine-tunes any. Received a "
                "hypermodel with `freeze=[False]`: leave `freeze` out, or use another tuner."
            )
        if False not in hypermodel.freeze:
            budget = replace(budget, tuned_trials=0)
        _check_numbers(tuning_rate, saved_models, seed)
        # Read while the constructor of keras-tuner reloads a search that was interrupted.
        self._fingerprint = f"{hypermodel.fingerprint()} {getattr(objective, 'name', objective)}"
        self._data: str | None = None
        self._saved_models = saved_models
        self._seed = seed
        oracle = CutOracle(
            objective,
            budget,
            defaults=_defaults(hypermodel),
            tuning_rate=tuning_rate,
            saved_models=saved_models,
            seed=seed,
        )
        super().__init__(
            oracle,
            hypermodel,
            directory=None if directory is None else str(directory),
            project_name=project_name,
            overwrite=overwrite,
        )

    def search(self, x: Any, y: Any = None, **fit_arguments: Any) -> None:
        """Run the trials that are left.

        Args:
            x: As in `probe_cuts`.
            y: As in `probe_cuts`.
            **fit_arguments: What `fit` takes besides `epochs`, such as `validation_data`,
                `validation_split`, `batch_size`, `callbacks` (copied for each trial), `verbose`.
        """
        check_fit_arguments(self.oracle.objective.name, fit_arguments)
        _check_read_again(x, fit_arguments.get("steps_per_epoch"))
        inputs = ModelInputs.of(self.hypermodel.model)
        x = as_model_input(inputs, x)
        if "validation_data" in fit_arguments:
            validation_data = as_validation_data(inputs, fit_arguments["validation_data"])
            fit_arguments = {**fit_arguments, "validation_data": validation_data}
        self._check_data(x, y)
        if not self._is_worker():
            self.oracle.retry_if_all_failed()
        super().search(x, y, **fit_arguments)
        # The chief of several machines comes here when all is done; its workers need not ask.
        if not self._is_worker() and not self.oracle.get_best_trials(1):
            messages = [trial.message for trial in self._trials() if trial.message]
            last = (messages or ["unknown"])[-1].rstrip()
            raise keras_tuner.errors.FatalRuntimeError(
                f"All trials failed. The last error: {last.splitlines()[-1]}\n"
                f"The next call of `search` runs them again. It came about so:\n{last}"
            )

    def run_trial(self, trial: Any, x: Any, y: Any = None, **fit_arguments: Any) -> Any:
        """Probe all depths, or train one model."""
        step = Step.from_values(trial.hyperparameters.values)
        keras.utils.set_random_seed(self._seed)
        try:
            if step.phase == "probe":
                return self._probe(x, y, fit_arguments)
            return self._train(trial, step, x, y, fit_arguments)
        except KerasMtlError as error:  # Nothing that another trial would do better.
            raise keras_tuner.errors.FatalValueError(str(error)) from error

    def results(self) -> SearchResults:
        """The trials so far, as a table, a frame or a picture."""
        layers = self.hypermodel.layers
        steps = [(t, Step.from_values(t.hyperparameters.values)) for t in self._trials()]
        records = [
            SearchTrial(
                trial.trial_id,
                step.phase,
                step.cut,
                layers.index(step.cut) + 1,
                step.epochs,
                float(trial.score) if trial.status == COMPLETED else None,
            )
            for trial, step in steps
            if step.phase != "probe"
        ]
        objective = self.oracle.objective
        return SearchResults(objective.name, objective.direction, layers, records)

    def get_best_models(self, num_models: int = 1) -> list[keras.Model]:
        """The best models with the weights of their best epoch, the best one first.

        Raises:
            ValueError: More than `saved_models` are asked for.
        """
        if num_models > self._saved_models:
            raise ValueError(
                f"Only the weights of the {self._saved_models} best models are kept: pass "
                f"`saved_models={num_models}` to `CutTuner`. Received: num_models={num_models}."
            )
        return super().get_best_models(num_models)

    def on_search_begin(self) -> None:
        """Write the first state, so that the very first trial is not repeated either."""
        self.save()

    def get_state(self) -> dict[str, Any]:
        """What a search is recognised by."""
        return {"search": self._fingerprint, "data": self._data}

    def set_state(self, state: dict[str, Any]) -> None:
        """Refuse to go on with the search of another model."""
        if state.get("search") != self._fingerprint:
            raise keras_tuner.errors.FatalValueError(
                f"`{self.project_dir}` holds the search of another model, head, list of cuts or "
                "objective. Pass another `project_name`, or `overwrite=True` to start anew there."
            )
        self._data = state.get("data")

    def save(self) -> None:
        """Write the state, whole or not at all."""
        if not self._is_worker():
            self.oracle.save()
        write_json(self._get_tuner_fname(), self.get_state())

    def reload(self) -> None:
        """Read the state of a search that was interrupted."""
        self.set_state(read_json(self._get_tuner_fname()))
        self._populate_initial_space()
        if not self._is_worker():
            self.oracle.reload()

    def _check_data(self, x: Any, y: Any) -> None:
        """Refuse to go on with other data; nothing is known about those that come in batches."""
        known = y is not None
        data = (
            hash_of_several([digest_of_values(x, "`x`"), digest_of_values(y, "`y`")])
            if known
            else ""
        )
        if self._data not in (None, data):
            raise keras_tuner.errors.FatalValueError(
                f"`{self.project_dir}` holds a search on other data. Pass the same `x` and `y`, "
                "another `project_name`, or `overwrite=True` to start anew there."
            )
        self._data = data

    def _probe(self, x: Any, y: Any, fit_arguments: dict[str, Any]) -> dict[str, float]:
        hypermodel = self.hypermodel
        steps = fit_arguments.get("steps_per_epoch")
        if y is None and steps:  # What is trained on may have no end.
            x = recognise(x).batches(steps)
        probes = probe_cuts(
            hypermodel.model,
            x,
            y,
            cuts=hypermodel.layers,
            kind=_KINDS[hypermodel.head.kind],
            pooling=hypermodel.head.pooling,
            seed=self._seed,
            batch_size=fit_arguments.get("batch_size"),
            verbose=fit_arguments.get("verbose", "auto"),
        )
        worst = float("-inf" if self.oracle.objective.direction == "max" else "inf")
        merits = probe_metrics({probe.layer: probe.merit for probe in probes})
        return {**merits, self.oracle.objective.name: worst}

    def _train(self, trial: Any, step: Step, x: Any, y: Any, fit_arguments: dict[str, Any]) -> Any:
        model = self._build(trial)
        if step.start:
            _load_weights(model, self._checkpoint(step.start))
        objective = self.oracle.objective
        saving = keras.callbacks.ModelCheckpoint(
            str(self._checkpoint(trial.trial_id)),
            monitor=objective.name,
            mode=objective.direction,
            save_best_only=True,
            save_weights_only=True,
        )
        given = keras.tree.flatten(fit_arguments.get("callbacks") or [])  # `fit` takes one, too.
        callbacks = [*self._deepcopy_callbacks(given), saving]
        arguments = {**fit_arguments, "epochs": step.epochs, "callbacks": callbacks}
        return self.hypermodel.fit(trial.hyperparameters, model, x, y, **arguments)

    def load_model(self, trial: Any) -> keras.Model:
        """The model of a trial with the weights of its best epoch."""
        model = self._build(trial)
        _load_weights(model, self._checkpoint(trial.trial_id))
        return model

    def _build(self, trial: Any) -> keras.Model:
        keras.utils.clear_session()  # lets go of the models of earlier trials
        return self.hypermodel.build(trial.hyperparameters)

    def _checkpoint(self, trial_id: str) -> Path:
        return Path(self.get_trial_dir(trial_id)) / CHECKPOINT

    def _trials(self) -> list[Any]:
        """From their files: the workers of a chief have no oracle that knows them all."""
        paths = sorted(Path(self.project_dir).glob("trial_*/trial.json"))
        return [Trial.from_state(read_json(path)) for path in paths]

    def _populate_initial_space(self) -> None:
        """Declare the hyperparameters, for which keras-tuner would build the model twice."""
        space = self.oracle.get_space()
        self.hypermodel.declare(space)
        self.oracle.update_space(space)


def _load_weights(model: keras.Model, path: Path) -> None:
    with warnings.catch_warnings():
        # The file holds the state of the optimizer too; a new one starts anew.
        warnings.filterwarnings("ignore", message="Skipping variable loading for optimizer")
        model.load_weights(path)


def _defaults(hypermodel: CutHyperModel) -> dict[str, Any]:
    hp = keras_tuner.HyperParameters()
    hypermodel.declare(hp)
    return {**hp.values, "learning_rate": hypermodel.learning_rate[1]}


def _check_hypermodel(hypermodel: Any) -> None:
    if not isinstance(hypermodel, CutHyperModel):
        raise TypeError(
            "`CutTuner` searches a `CutHyperModel(model, head)`. Received: "
            f"`{type(hypermodel).__name__}`."
        )
    if hypermodel.head.pooling == "none":
        raise ValueError(
            '`CutTuner` ranks depths by pooled features. Received a head with `pooling="none"`: '
            "use another pooling, or another tuner."
        )


def _check_read_again(x: Any, steps: int | None) -> None:
    """Refuse what one trial uses up."""
    if isinstance(x, Iterator) and not steps:
        raise keras_tuner.errors.FatalValueError(
            f"A `{type(x).__name__}` can be read only once, but each trial reads `x`. Give arrays, "
            "a `PyDataset` or a `tf.data.Dataset`; or `steps_per_epoch`, if it has no end."
        )


def _check_numbers(tuning_rate: float, saved_models: int, seed: int) -> None:
    if isinstance(tuning_rate, bool) or not tuning_rate > 0:
        raise ValueError(f"`tuning_rate` is a positive number. Received: {tuning_rate!r}.")
    for name, value, least in (("saved_models", saved_models, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"`{name}` is a whole number, {least} at least. Received: {value!r}.")

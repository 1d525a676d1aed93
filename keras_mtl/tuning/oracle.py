"""The oracle of `CutTuner`: all of the search's state, and which trial comes next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras_tuner
from keras_tuner.engine.trial import Trial

from keras_mtl.common.atomic_files import read_json, write_json
from keras_mtl.tuning.halving import Budget, Ended, Step, plan, still_needed

CHECKPOINT = "checkpoint.weights.h5"
COMPLETED = "COMPLETED"
FAILED = "FAILED"
ENDED = (COMPLETED, FAILED)
PROBE = "probe"
"""What the names of the probe's metrics begin with."""
SAME = 1e-4
"""Scores of neighbours that differ by less are those of the same features."""


def probe_metrics(merits: Mapping[str, float]) -> dict[str, float]:
    """What the probe reports: a metric for each layer, from the inputs to the outputs.

    The names hold the order, which a chief forgets: it receives metrics as a set.
    """
    return {f"{PROBE}/{i:05}/{layer}": merit for i, (layer, merit) in enumerate(merits.items())}


class CutOracle(keras_tuner.Oracle):
    """Hands out the trials of `halving.plan`.

    All that the plan depends on is in the trials, so it is the same after a restart, and on a
    chief whose workers know nothing of each other.

    Args:
        objective: A name, or a `keras_tuner.Objective`.
        budget: How much may be tried.
        defaults: Values of the hyperparameters that the plan does not decide.
        tuning_rate: The learning rate of fine-tuning, relative to that of a head.
        saved_models: How many of the best trials keep their weights when the search has ended.
        seed: Seed of the search.
    """

    def __init__(
        self,
        objective: Any,
        budget: Budget,
        *,
        defaults: dict[str, Any],
        tuning_rate: float,
        saved_models: int,
        seed: int | None,
    ) -> None:
        # Fine-tuning may fail for want of memory where heads do not: failures end no search.
        super().__init__(objective=objective, seed=seed, max_consecutive_failed_trials=None)
        if seed is not None:  # keras-tuner draws another one instead of 0
            self.seed = self._seed_state = seed
        self._budget = budget
        self._defaults = defaults
        self._tuning_rate = tuning_rate
        self._saved_models = saved_models

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """The values of the next trial of the plan; none while others must end first."""
        started = {Step.from_values(t.hyperparameters.values) for t in self.trials.values()}
        for step in self._plan():
            if step not in started:
                return {"status": "RUNNING", "values": self._values(step)}
        return {"status": "IDLE" if self.ongoing_trials else "STOPPED"}

    @keras_tuner.synchronized
    def end_trial(self, trial: Any) -> None:
        """Record the results, and delete the weights that nothing needs any more."""
        super().end_trial(trial)
        self._delete_losers()

    def get_best_trials(self, num_trials: int = 1) -> list[Any]:
        """The best trials that trained something, the best one first."""
        trials = [self.trials[one.trial_id] for one in self._ended() if one.merit is not None]
        trained = [trial for trial in trials if _step(trial).phase != "probe"]
        maximise = self.objective.direction == "max"
        return sorted(trained, key=lambda trial: trial.score, reverse=maximise)[:num_trials]

    def probed(self) -> dict[str, float] | None:
        """What ranks the depths, from the inputs to the outputs; None before the probe."""
        for trial in self.trials.values():
            if _step(trial).phase == "probe" and trial.status == COMPLETED:
                metrics = trial.metrics
                names = sorted(name for name in metrics.metrics if name.startswith(f"{PROBE}/"))
                return {name.split("/", 2)[2]: metrics.get_best_value(name) for name in names}
        return None

    def save(self) -> None:
        """Write the state, whole or not at all."""
        write_json(self._get_oracle_fname(), self.get_state())

    def reload(self) -> None:
        """Read the trials back; all else follows from them.

        keras-tuner writes a trial's own file and then the list of all. Killed in between, it would
        go by the list, and run the trial again or never.
        """
        for path in sorted(Path(self._project_dir).glob("trial_*/trial.json")):
            trial = Trial.from_state(read_json(path))
            if trial.status not in ENDED and trial.metrics.exists(self.objective.name):
                self.score_trial(trial)  # It was killed after its result was written.
                trial.status = COMPLETED
            self.trials[trial.trial_id] = trial
        self.start_order = list(self.trials)
        self.end_order = [one for one in self.trials if self.trials[one].status in ENDED]
        waiting = [one for one in self.trials if one not in self.end_order]
        self._retry_queue = waiting[::-1]  # the last one is run first
        self._delete_losers()

    def retry_if_all_failed(self) -> None:
        """Hand the failed trials out again: what was wrong with all of them may be mended."""
        if self.get_best_trials(1):
            return
        failed = [one for one in self.end_order if self.trials[one].status == FAILED]
        self.end_order = [one for one in self.end_order if one not in failed]
        self._retry_queue = [*failed[::-1], *self._retry_queue]

    def _save_trial(self, trial: Any) -> None:
        write_json(self._folder(trial.trial_id) / "trial.json", trial.get_state())

    def _delete_losers(self) -> None:
        needed = still_needed(self._budget, self._plan(), self._ended())
        needed |= {best.trial_id for best in self.get_best_trials(self._saved_models)}
        for ended in self._ended():
            if ended.trial_id not in needed:
                (self._folder(ended.trial_id) / CHECKPOINT).unlink(missing_ok=True)

    def _plan(self) -> list[Step]:
        probed = self.probed()
        return plan(self._budget, None if probed is None else _ranked(probed), self._ended())

    def _ended(self) -> list[Ended]:
        trials = [self.trials[trial_id] for trial_id in self.end_order]
        return [Ended(trial.trial_id, _step(trial), self._merit(trial)) for trial in trials]

    def _merit(self, trial: Any) -> float | None:
        if trial.status != COMPLETED:
            return None
        return trial.score if self.objective.direction == "max" else -trial.score

    def _values(self, step: Step) -> dict[str, Any]:
        values = {**self._defaults, **step.to_values(), "freeze": step.phase == "frozen"}
        if step.phase == "fine-tuned":
            values["learning_rate"] *= self._tuning_rate
        return values

    def _folder(self, trial_id: str) -> Path:
        return Path(self._get_trial_dir(trial_id))


def _ranked(probed: dict[str, float]) -> list[str]:
    """The depths from best to worst.

    Neighbours with the same features, such as those before and after a Dropout, have the same
    score but for rounding, which JAX does in another way for each: the first stands for them, and
    the others come last.
    """
    distinct: list[str] = []
    repeats: list[str] = []
    for layer, merit in probed.items():
        repeated = bool(distinct) and abs(merit - probed[distinct[-1]]) < SAME
        (repeats if repeated else distinct).append(layer)
    return [
        layer
        for part in (distinct, repeats)
        for layer in sorted(part, key=lambda one: -probed[one])
    ]


def _step(trial: Any) -> Step:
    return Step.from_values(trial.hyperparameters.values)

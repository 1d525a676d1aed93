"""The oracle of `CutTuner`: the state of the search, and which trial comes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras_tuner

from keras_mtl.keras_private.filed_tuner import FiledOracle, Trial
from keras_mtl.tuning.checkpoints import CHECKPOINT, checksum_file
from keras_mtl.tuning.halving import (
    COMPARED,
    Budget,
    FinishedTrial,
    PlannedTrial,
    expected_trials,
    plan_trials,
    trials_to_start_from,
)
from keras_mtl.tuning.progress import Progress
from keras_mtl.tuning.search_files import (
    COMPLETED,
    ENDED,
    FAILED,
    NotWritable,
    next_trial_id,
    planned_trial,
    read_trials,
    warn_of_lost_trials,
    write_state,
)
from keras_mtl.tuning.standings import SAME

PROBE = "probe"
"""Prefix of the names of the probe's metrics."""


def probe_metrics(standings: Mapping[str, float]) -> dict[str, float]:
    """Return what the probe reports: a metric for each layer, from the inputs to the outputs.

    The names hold the order: a chief receives metrics as a set.
    """
    return {
        f"{PROBE}/{i:05}/{layer}": number for i, (layer, number) in enumerate(standings.items())
    }


class CutOracle(FiledOracle):
    """Hands out the trials of `plan_trials`.

    The plan depends on nothing but the trials, so it is the same after a restart, and on a chief
    whose workers know nothing of each other.

    Args:
        objective: A name, or a `keras_tuner.Objective`.
        budget: How much may be tried.
        depths: Number of depths that are ranked.
        defaults: Values of the hyperparameters that the plan does not decide.
        tuning_rate: Learning rate of fine-tuning divided by the learning rate of a head.
        saved_models: Number of best trials that keep their weights when the search has ended.
        seed: Seed of the search.
    """

    weights: Sequence[str] = (CHECKPOINT,)
    """The files of weights that a trial leaves for those that start from it."""
    jobs: int = 1
    """Number of trials that go on at once."""

    def __init__(
        self,
        objective: Any,
        budget: Budget,
        *,
        depths: int,
        defaults: dict[str, Any],
        tuning_rate: float,
        saved_models: int,
        seed: int | None,
    ) -> None:
        # Fine-tuning may run out of memory where heads do not: failures end no search.
        super().__init__(objective=objective, seed=seed, max_consecutive_failed_trials=None)
        if seed is not None:
            self.set_seed(seed)
        self._budget = budget
        self._depths = depths
        self._progress = Progress(self.objective.name)
        self._defaults = defaults
        self._tuning_rate = tuning_rate
        self._saved_models = saved_models

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of the next trial of the plan; none while others must end first."""
        planned = self._next()
        if planned is not None:
            return {"status": "RUNNING", "values": self._values(planned)}
        return {"status": "IDLE" if self.ongoing_trials else "STOPPED"}

    @keras_tuner.synchronized
    def end_trial(self, trial: Trial) -> None:
        """Record the results, and delete weights that are not needed any more."""
        super().end_trial(trial)
        self._delete_weights()

    def get_best_trials(self, num_trials: int = 1) -> list[Trial]:
        """Return the best trials that trained a model, the best one first."""
        trials = [self.trials[one.trial_id] for one in self._finished() if one.merit is not None]
        trained = [trial for trial in trials if planned_trial(trial).phase in COMPARED]
        sign = -1 if self.objective.direction == "max" else 1
        # In the order of the names, as in `results` and in the plan: others do not know the order
        # in which trials ended.
        return sorted(trained, key=lambda one: (sign * one.score, one.trial_id))[:num_trials]

    def probed(self) -> dict[str, float] | None:
        """Return what ranks the depths, from the inputs to the outputs; None before the probe."""
        for trial in self.trials.values():
            if planned_trial(trial).phase == "probe" and trial.status == COMPLETED:
                metrics = trial.metrics
                names = sorted(name for name in metrics.metrics if name.startswith(f"{PROBE}/"))
                return {name.split("/", 2)[2]: metrics.get_best_value(name) for name in names}
        return None

    def trial_begins(self, trial: Trial) -> str:
        """Return what is printed when a trial begins."""
        return self._progress.begin(planned_trial(trial), self._expected())

    def trial_ends(self, trial: Trial) -> str:
        """Return what is printed when a trial has ended."""
        over = {one.planned for one in self._finished()}
        expected = self._expected()
        left = [planned for planned in expected if planned not in over]
        outcome = self._outcome(trial)
        return self._progress.end(
            planned_trial(trial), expected, outcome=outcome, left=left, jobs=self.jobs
        )

    def note_duration(self, trial: Trial, seconds: float) -> None:
        """Tell how long a trial took in another process, where it had to wait for its turn."""
        self._progress.note_duration(planned_trial(trial), seconds)

    def save(self) -> None:
        """Write the state, whole or not at all."""
        write_state(self.state_file, self.get_state())

    def write_trial(self, trial: Trial, path: Path) -> None:
        """Write a trial, whole or not at all."""
        write_state(path, trial.get_state())

    def new_trial_id(self) -> str:
        """Return the number after the highest one in the folder, as a text of four digits."""
        return next_trial_id(self.folder)

    def reload(self) -> None:
        """Read the trials back; everything else follows from them. Nothing is written.

        keras-tuner writes the file of a trial and then the list of all trials. Killed in between,
        it would trust the list, and run the trial again or never.
        """
        self.forget_trials()
        for trial in read_trials(self.folder, self.objective.name):
            self.trials[trial.trial_id] = trial
        self.start_order = list(self.trials)
        self.end_order = [one for one in self.trials if self.trials[one].status in ENDED]
        self.waiting = [one for one in self.trials if one not in self.end_order]

    def resume(self) -> None:
        """Continue with what `reload` has read.

        If all trials have failed, they are handed out again: the user may have mended the cause.
        """
        warn_of_lost_trials(self.folder, list(self.trials))
        if not self.get_best_trials(1):
            failed = [one for one in self.end_order if self.trials[one].status == FAILED]
            self.end_order = [one for one in self.end_order if one not in failed]
            self.waiting = [*self.waiting, *failed]
        self._delete_weights()

    @property
    def is_finished(self) -> bool:
        """Whether a model was trained, and nothing is left to run or to delete."""
        is_over = bool(self.get_best_trials(1)) and not self.waiting and self._next() is None
        return is_over and not self._superfluous_weights()

    def _next(self) -> PlannedTrial | None:
        """Return the next trial of the plan; None if there is none, or others must end first."""
        plan, lost = self._plan()
        begun = {planned_trial(t) for t in self.trials.values() if t.trial_id not in lost}
        return next((planned for planned in plan if planned not in begun), None)

    def _delete_weights(self) -> None:
        for path in self._superfluous_weights():
            try:
                path.unlink()
            except OSError as error:
                raise NotWritable.because(path, error) from error

    def _superfluous_weights(self) -> list[Path]:
        finished = self._finished()
        plan, _ = self._plan()
        needed = trials_to_start_from(self._budget, plan, finished)
        if self._budget.refits:
            needed |= {one.trial_id for one in finished if one.planned.phase == "refit"}
        else:
            needed |= {best.trial_id for best in self.get_best_trials(self._saved_models)}
        weights = [
            path
            for one in finished
            if one.trial_id not in needed
            for path in self._checkpoints(one.trial_id)
        ]
        return [one for path in weights for one in (path, checksum_file(path)) if one.exists()]

    def _plan(self) -> tuple[list[PlannedTrial], set[str]]:
        """Return the plan, and the finished trials that it repeats for the sake of their weights.

        Weights that no trial needs are deleted. They are needed again where a trial that started
        from them has lost its file.
        """
        probed = self.probed()
        ranking = None if probed is None else _ranked(probed)
        finished = self._finished()
        repeated: set[str] = set()
        while True:
            plan = plan_trials(self._budget, ranking, finished)
            without_weights = self._without_weights(plan, finished)
            if not without_weights:
                return plan, repeated
            repeated |= without_weights
            finished = [one for one in finished if one.trial_id not in repeated]

    def _without_weights(
        self, plan: Sequence[PlannedTrial], finished: Sequence[FinishedTrial]
    ) -> set[str]:
        """Return the trials without the weights that a later trial starts from, if run once."""
        over = {one.planned for one in finished}
        to_do = [one for one in plan if one.phase in COMPARED and one not in over]
        starts = {planned.start for planned in to_do}
        times = Counter(map(planned_trial, self.trials.values()))
        return {
            one.trial_id
            for one in finished
            if one.trial_id in starts
            and times[one.planned] == 1  # A second time would not help either.
            and not all(path.exists() for path in self._checkpoints(one.trial_id))
        }

    def _checkpoints(self, trial_id: str) -> list[Path]:
        return [self.trial_folder(trial_id) / name for name in self.weights]

    def _expected(self) -> list[PlannedTrial]:
        plan, _ = self._plan()
        return expected_trials(self._budget, self._depths, plan, self._finished())

    def _outcome(self, trial: Trial) -> str:
        if trial.status != COMPLETED:
            lines = (trial.message or "no score").strip().splitlines()
            return f"failed ({lines[-1]})"
        if planned_trial(trial).phase == "probe":
            return f"the best depths are {', '.join(_ranked(self.probed() or {})[:3])}"
        if planned_trial(trial).phase == "refit":
            return "trained on all rows"
        best = self.get_best_trials(1)[0]
        return self._progress.score(trial.score, best.score, planned_trial(best).cut)

    def _finished(self) -> list[FinishedTrial]:
        trials = [self.trials[trial_id] for trial_id in self.end_order]
        return [FinishedTrial(t.trial_id, planned_trial(t), self._merit(t)) for t in trials]

    def _merit(self, trial: Trial) -> float | None:
        if trial.status != COMPLETED:
            return None
        return trial.score if self.objective.direction == "max" else -trial.score

    def _values(self, planned: PlannedTrial) -> dict[str, Any]:
        if planned.phase == "refit":
            return {**self.trials[planned.start].hyperparameters.values, **planned.to_values()}
        values = {**self._defaults, **planned.to_values(), "freeze": planned.phase == "frozen"}
        if planned.phase == "fine-tuned":
            values["learning_rate"] *= self._tuning_rate
        return values


def _ranked(probed: Mapping[str, float]) -> list[str]:
    """Return the depths from best to worst.

    Neighbours with the same number hold the same features. The first of them is ranked, and the
    others come last.
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

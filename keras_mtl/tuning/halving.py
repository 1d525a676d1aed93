"""Which trials a search needs: probes, frozen heads, then fine-tuning by successive halving.

The plan is a function of the finished trials and of nothing else, so a search that was
interrupted, or is shared by several machines, resumes where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal

from keras_mtl.common.arguments import whole_number

Phase = Literal["probe", "frozen", "fine-tuned", "refit"]
COMPARED = ("frozen", "fine-tuned")
"""The phases whose trials have a score."""


@dataclass(frozen=True)
class PlannedTrial:
    """What one trial does.

    Attributes:
        phase: Scores all depths, trains a head on a static trunk, trains everything, or trains
            what did best in cross-validation on all rows.
        cut: Name of the last layer kept; empty for the probe.
        epochs: Number of epochs that it trains.
        rung: Number of times it has been promoted while it was fine-tuned.
        start: Identifier of the trial whose weights it starts from; empty for none. Of a refit,
            the trial that it repeats.
    """

    phase: Phase
    cut: str = ""
    epochs: int = 0
    rung: int = 0
    start: str = ""

    def to_values(self) -> dict[str, Any]:
        """Return values of hyperparameters."""
        return asdict(self)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> PlannedTrial:
        """Return what the values of hyperparameters say; there may be others among them."""
        return cls(**{field.name: values[field.name] for field in fields(cls)})


@dataclass(frozen=True)
class FinishedTrial:
    """A trial that has ended.

    Attributes:
        trial_id: Its identifier.
        planned: What it did.
        merit: Its score, higher is better; None if it failed.
    """

    trial_id: str
    planned: PlannedTrial
    merit: float | None


@dataclass(frozen=True)
class Budget:
    """How much a search may try.

    Attributes:
        frozen_trials: Number of depths, best by their probes, that a head is trained for.
        tuned_trials: Number of depths, best with a head, that are fine-tuned.
        factor: Each rung keeps 1/factor of the trials and trains them factor times longer.
        epochs: Number of epochs of a head, and of the last rung.
        refits: Number of best trials that are trained on all rows in the end: 0 without
            cross-validation.
    """

    frozen_trials: int
    tuned_trials: int
    factor: int
    epochs: int
    refits: int = 0

    def __post_init__(self) -> None:
        least = {"frozen_trials": 1, "tuned_trials": 0, "factor": 2, "epochs": 1}
        for name, minimum in least.items():
            # As `int`, for JSON takes no numbers of NumPy.
            number = whole_number(name, getattr(self, name), least=minimum)
            object.__setattr__(self, name, number)
        if self.epochs >= 2**31:
            raise ValueError(f"`epochs` is below 2**31. Received: {self.epochs!r}.")

    @property
    def rungs(self) -> list[int]:
        """The number of trials in each rung; no more are fine-tuned than heads are trained."""
        first = min(self.tuned_trials, self.frozen_trials)
        sizes = [first] if first else []
        while sizes and sizes[-1] > 1:
            sizes.append(max(1, sizes[-1] // self.factor))
        return sizes

    def epochs_of(self, rung: int) -> int:
        """Return the number of epochs of a rung."""
        shorter = self.factor ** (len(self.rungs) - 1 - rung)
        return max(1, round(self.epochs / shorter))

    @property
    def shortest(self) -> int:
        """The number of epochs of the shortest trial."""
        return self.epochs_of(0) if self.rungs else self.epochs

    def promoted_from(self, planned: PlannedTrial) -> int:
        """Return how many of the trials that run beside a trial are promoted."""
        if planned.phase not in COMPARED:
            return 0  # A probe has no weights, and after a refit comes nothing.
        sizes = [*self.rungs, 0]
        return sizes[0] if planned.phase == "frozen" else sizes[planned.rung + 1]


def plan_trials(
    budget: Budget, ranking: Sequence[str] | None, finished: Sequence[FinishedTrial]
) -> list[PlannedTrial]:
    """Return all trials that are known to be needed, finished ones included.

    Args:
        budget: How much may be tried.
        ranking: The depths from best to worst; None until the probe has ended.
        finished: The trials that have ended.
    """
    trials = [PlannedTrial("probe")]
    if ranking is None:
        return trials
    rung_before = [
        PlannedTrial("frozen", cut, budget.epochs) for cut in ranking[: budget.frozen_trials]
    ]
    trials += rung_before
    for rung, size in enumerate(budget.rungs):
        done = _finished_of(rung_before, finished)
        if len(done) < len(rung_before):
            break
        epochs = budget.epochs_of(rung)
        rung_before = [
            PlannedTrial("fine-tuned", one.planned.cut, epochs, rung, one.trial_id)
            for one in _best(done, size)
        ]
        trials += rung_before
    if len(_finished_of(rung_before, finished)) == len(rung_before):
        compared = sorted(_finished_of(trials[1:], finished), key=lambda one: one.trial_id)
        trials += [
            replace(one.planned, phase="refit", start=one.trial_id)
            for one in _best(compared, budget.refits)
        ]
    return trials


def expected_trials(
    budget: Budget, depths: int, plan: Sequence[PlannedTrial], finished: Sequence[FinishedTrial]
) -> list[PlannedTrial]:
    """Return the plan and the trials that will follow, if no other trial fails.

    Which depths will follow is not known, so their names are empty.

    Args:
        budget: How much may be tried.
        depths: Number of depths that are ranked.
        plan: What `plan_trials` says.
        finished: The trials that have ended.
    """
    last = plan[-1]
    failed = {one.planned for one in finished if one.merit is None}
    beside = [t for t in plan if (t.phase, t.rung) == (last.phase, last.rung)]
    available = depths if last.phase == "probe" else len([t for t in beside if t not in failed])
    stages = [(budget.frozen_trials, PlannedTrial("frozen", epochs=budget.epochs))]
    stages += [
        (size, PlannedTrial("fine-tuned", epochs=budget.epochs_of(rung), rung=rung))
        for rung, size in enumerate(budget.rungs)
    ]
    if last.phase == "refit":
        return list(plan)
    begun = {"probe": 0, "frozen": 1, "fine-tuned": last.rung + 2}[last.phase]
    expected = list(plan)
    for size, trial in stages[begun:]:
        available = min(available, size)
        expected += [trial] * available
    compared = [t for t in expected if t.phase in COMPARED and t not in failed]
    return expected + [PlannedTrial("refit")] * min(budget.refits, len(compared))


def trials_to_start_from(
    budget: Budget, trials: Sequence[PlannedTrial], finished: Sequence[FinishedTrial]
) -> set[str]:
    """Return the finished trials whose weights a later trial starts from, or may start from.

    Args:
        budget: How much may be tried.
        trials: What `plan_trials` says.
        finished: The trials that have ended.
    """
    over = {one.planned for one in finished}
    starts = {t.start for t in trials if t.start and t.phase in COMPARED and t not in over}
    last = [t for t in trials if (t.phase, t.rung) == (trials[-1].phase, trials[-1].rung)]
    promoted = budget.promoted_from(trials[-1])
    return starts | {one.trial_id for one in _best(_finished_of(last, finished), promoted)}


def _finished_of(
    trials: Sequence[PlannedTrial], finished: Sequence[FinishedTrial]
) -> list[FinishedTrial]:
    """Return the finished trials in the order of the plan, whichever machine was first."""
    by_plan = {one.planned: one for one in finished}
    return [by_plan[trial] for trial in trials if trial in by_plan]


def _best(finished: Sequence[FinishedTrial], number: int) -> list[FinishedTrial]:
    """Return the best trials that did not fail; the first of equal ones."""
    succeeded = [one for one in finished if one.merit is not None]
    return sorted(succeeded, key=lambda one: -(one.merit or 0.0))[:number]

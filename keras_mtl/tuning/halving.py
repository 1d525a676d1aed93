"""Which trials a search needs: probes, frozen heads, then fine-tuning by successive halving.

The plan is a function of the finished trials and of nothing else, so a search that was
interrupted, or is shared by several machines, resumes where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from keras_mtl.common.arguments import whole_number

Phase = Literal["probe", "frozen", "fine-tuned"]


@dataclass(frozen=True)
class PlannedTrial:
    """What one trial does.

    Attributes:
        phase: Scores all depths, trains a head on a static trunk, or trains everything.
        cut: Name of the last layer kept; empty for the probe.
        epochs: Number of epochs that it trains.
        rung: Number of times it has been promoted while it was fine-tuned.
        start: Identifier of the trial whose weights it starts from; empty for none.
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
    """

    frozen_trials: int
    tuned_trials: int
    factor: int
    epochs: int

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
        if planned.phase == "probe":
            return 0  # It trains nothing, so there are no weights to start from.
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
    return trials


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
    starts = {trial.start for trial in trials if trial.start and trial not in over}
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

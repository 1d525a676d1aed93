"""Which trials a search needs next: probes, frozen heads, then fine-tuning by successive halving.

The plan is a function of the trials that have ended and of nothing else, so a search that was
interrupted, or is shared by several machines, goes on where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from numbers import Integral
from typing import Any, Literal

Phase = Literal["probe", "frozen", "fine-tuned"]


@dataclass(frozen=True)
class Step:
    """What one trial does.

    Attributes:
        phase: Scores all depths, trains a head on a static trunk, or trains everything.
        cut: Name of the last layer kept; empty for the probe.
        epochs: How long it trains.
        rung: How often it has been promoted while it was fine-tuned.
        start: Identifier of the trial whose weights it starts from; empty for none.
    """

    phase: Phase
    cut: str = ""
    epochs: int = 0
    rung: int = 0
    start: str = ""

    def to_values(self) -> dict[str, Any]:
        """As values of hyperparameters."""
        return asdict(self)

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Step:
        """From the values of a trial, which may hold others too."""
        return cls(**{field.name: values[field.name] for field in fields(cls)})


@dataclass(frozen=True)
class Ended:
    """A trial that has ended. `merit` is its score, higher is better; None if it failed."""

    trial_id: str
    step: Step
    merit: float | None


@dataclass(frozen=True)
class Budget:
    """How much a search may try.

    Attributes:
        frozen_trials: Number of depths, best by their probes, that a head is trained for.
        tuned_trials: Number of depths, best with a head, that are fine-tuned.
        factor: Of the trials of a rung, one in so many is promoted and trains so much longer.
        epochs: How long a head, and the last rung, trains.
    """

    frozen_trials: int
    tuned_trials: int
    factor: int
    epochs: int

    def __post_init__(self) -> None:
        least = {"frozen_trials": 1, "tuned_trials": 0, "factor": 2, "epochs": 1}
        for name, minimum in least.items():
            value = getattr(self, name)
            whole = isinstance(value, Integral) and not isinstance(value, bool)
            if not whole or value < minimum:
                raise ValueError(
                    f"`{name}` is a whole number, {minimum} at least. Received: {value!r}."
                )
            object.__setattr__(self, name, int(value))  # Those of NumPy are not written to JSON.

    @property
    def rungs(self) -> list[int]:
        """The number of trials in each rung."""
        sizes = [self.tuned_trials] if self.tuned_trials else []
        while sizes and sizes[-1] > 1:
            sizes.append(max(1, sizes[-1] // self.factor))
        return sizes

    def epochs_of(self, rung: int) -> int:
        """How long a rung trains."""
        shorter = self.factor ** (len(self.rungs) - 1 - rung)
        return max(1, round(self.epochs / shorter))


def plan(budget: Budget, ranking: Sequence[str] | None, ended: Sequence[Ended]) -> list[Step]:
    """All trials that are known to be needed, those that have ended included.

    Args:
        budget: How much may be tried.
        ranking: The depths from best to worst; None until the probe has ended.
        ended: The trials that have ended.
    """
    steps = [Step("probe")]
    if ranking is None:
        return steps
    phase = [Step("frozen", cut, budget.epochs) for cut in ranking[: budget.frozen_trials]]
    steps += phase
    for rung, size in enumerate(budget.rungs):
        done = _of(phase, ended)
        if len(done) < len(phase):
            break
        epochs = budget.epochs_of(rung)
        phase = [
            Step("fine-tuned", one.step.cut, epochs, rung, one.trial_id)
            for one in _best(done, size)
        ]
        steps += phase
    return steps


def still_needed(budget: Budget, steps: Sequence[Step], ended: Sequence[Ended]) -> set[str]:
    """The ended trials whose weights a later trial starts from, or may start from."""
    finished = {one.step for one in ended}
    starts = {step.start for step in steps if step.start and step not in finished}
    last = [s for s in steps if (s.phase, s.rung) == (steps[-1].phase, steps[-1].rung)]
    sizes = [*budget.rungs, 0]
    promoted = sizes[0] if steps[-1].phase == "frozen" else sizes[steps[-1].rung + 1]
    return starts | {one.trial_id for one in _best(_of(last, ended), promoted)}


def _of(steps: Sequence[Step], ended: Sequence[Ended]) -> list[Ended]:
    """Those of the steps that have ended, in the order of the plan, whichever machine was first."""
    by_step = {one.step: one for one in ended}
    return [by_step[step] for step in steps if step in by_step]


def _best(ended: Sequence[Ended], number: int) -> list[Ended]:
    """The best of those that did not fail; of equal ones the first."""
    succeeded = [one for one in ended if one.merit is not None]
    return sorted(succeeded, key=lambda one: -(one.merit or 0.0))[:number]

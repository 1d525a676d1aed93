"""What a search tells on the console: which trial runs, what it scored, how long the rest takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from time import monotonic

from keras_mtl.tuning.halving import PlannedTrial


class Progress:
    """Sentences about the trials of a search.

    Args:
        objective: The name of the objective.
        clock: A function that returns seconds.
    """

    def __init__(self, objective: str, clock: Callable[[], float] = monotonic) -> None:
        self._objective = objective
        self._clock = clock
        self._began: dict[PlannedTrial, float] = {}
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._epochs: defaultdict[str, int] = defaultdict(int)

    def begin(self, planned: PlannedTrial, expected: Sequence[PlannedTrial]) -> str:
        """Return what is said when a trial begins.

        Args:
            planned: What the trial does.
            expected: All trials of the search, in their order.
        """
        self._began[planned] = self._clock()
        does = {
            "probe": "score all depths in one pass over the data",
            "frozen": f"train a head on `{planned.cut}`, trunk frozen, {_epochs(planned)}",
            "fine-tuned": f"fine-tune the model cut at `{planned.cut}`, {_epochs(planned)}",
            "refit": f"train a best model, cut at `{planned.cut}`, on all rows",
        }
        return f"{_name(planned, expected)}: {does[planned.phase]}"

    def end(
        self,
        planned: PlannedTrial,
        expected: Sequence[PlannedTrial],
        *,
        outcome: str,
        left: Iterable[PlannedTrial],
        jobs: int = 1,
    ) -> str:
        """Return what is said when a trial has ended.

        Args:
            planned: What the trial did.
            expected: All trials of the search, in their order.
            outcome: What came of it.
            left: The trials that are left.
            jobs: Number of trials that go on at once.
        """
        now = self._clock()
        seconds = now - self._began.pop(planned, now)
        self._seconds[planned.phase] += seconds
        self._epochs[planned.phase] += planned.epochs
        took = f"{outcome} after {duration(seconds)}{self._left(left, jobs)}"
        return f"{_name(planned, expected)}: {took}"

    def score(self, score: float, best: float, best_cut: str) -> str:
        """Return the outcome of a trial that trained a model."""
        return f"{self._objective} {score:.4f} (best so far {best:.4f}, `{best_cut}`)"

    def note_duration(self, planned: PlannedTrial, seconds: float) -> None:
        """Say that a trial, which ends now, took so many seconds."""
        self._began[planned] = self._clock() - seconds

    def _left(self, left: Iterable[PlannedTrial], jobs: int) -> str:
        """Return how long the trials that are left will take, from those of their phase."""
        trials = [trial for trial in left if trial.phase != "refit"]  # A fold more, so little.
        timed = [trial for trial in trials if self._epochs[trial.phase]]
        rungs: defaultdict[tuple[str, int], list[float]] = defaultdict(list)
        for trial in timed:
            each = trial.epochs * self._seconds[trial.phase] / self._epochs[trial.phase]
            rungs[trial.phase, trial.rung].append(each)
        # One rung begins when the one before has ended, and no trial is divided.
        seconds = sum(max(max(each), sum(each) / jobs) for each in rungs.values())
        if not timed:
            return "."
        if len(timed) < len(trials):
            return f". More than {duration(seconds)} left: fine-tuning is not timed yet."
        return f". About {duration(seconds)} left."


def duration(seconds: float) -> str:
    """Return a time in words, such as "2 min 5 s"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _name(planned: PlannedTrial, expected: Sequence[PlannedTrial]) -> str:
    # A trial of an earlier plan, such as one whose start was lost, is none of those expected.
    number = expected.index(planned) + 1 if planned in expected else len(expected)
    return f"Trial {number} of {len(expected)}"


def _epochs(planned: PlannedTrial) -> str:
    return "1 epoch" if planned.epochs == 1 else f"{planned.epochs} epochs"

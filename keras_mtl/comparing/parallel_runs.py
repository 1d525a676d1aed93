"""Runs in several processes, which are replaced when they die."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from itertools import groupby
from pathlib import Path
from pickle import PicklingError

from joblib import Parallel, delayed, effective_n_jobs

from keras_mtl.comparing.planned_run import PlannedRun, RunKey
from keras_mtl.comparing.run_log import begun_runs, forget_processes, read_runs
from keras_mtl.comparing.run_records import key_of
from keras_mtl.comparing.worker import Parcel, run_batch
from keras_mtl.errors import WorkerDied
from keras_mtl.results.run import Run

ATTEMPTS = 3
"""How many processes may die at a run."""
BATCH = 5
"""Runs of one batch at most: what they have in common is compiled once."""
AT_ONCE = 2
"""Batches for each worker that are sent at once to a backend that gives results at the end only."""


class ParallelRuns:
    """Does runs in workers of `joblib`, and repeats those that a dying worker leaves unfinished.

    Args:
        parcel: What workers need.
        folder: Where they note what they begin and end.
        n_jobs: As for `joblib.Parallel`.
        tell: What is called with each run that has ended.
    """

    def __init__(
        self, parcel: Parcel, folder: Path, n_jobs: int | None, tell: Callable[[Run], None]
    ) -> None:
        self._parcel, self._folder, self._n_jobs, self._tell = parcel, folder, n_jobs, tell
        self._left: dict[RunKey, PlannedRun] = {}
        self._deaths: Counter[RunKey] = Counter()
        self._deaths_before_a_run = 0

    def do(self, planned: Sequence[PlannedRun]) -> None:
        """Do all runs.

        Raises:
            WorkerDied: Workers die again and again.
        """
        self._left = {one.key: one for one in planned}
        while self._left:
            together = [one for key, one in self._left.items() if key not in self._deaths]
            if together:
                self._try(batches(together))
            else:  # One at a time, so that it is known which run a worker dies of.
                self._try([[next(iter(self._left.values()))]])

    def _try(self, several: Sequence[Sequence[PlannedRun]]) -> None:
        try:
            for runs in self._results(several):
                for run in runs:
                    self._end(run)
        except BrokenProcessPool as error:
            self._recover(error)
        except PicklingError as error:
            raise TypeError(
                "With several jobs the strategies are sent to other processes, and one of them "
                f"cannot be pickled: {_last_line(error.__cause__ or error)}. Make what cannot be "
                "pickled in `fit`, or pass `n_jobs=1`."
            ) from error

    def _results(self, several: Sequence[Sequence[PlannedRun]]) -> Iterator[list[Run]]:
        jobs = [delayed(run_batch)(self._parcel, batch) for batch in several]
        options = {"n_jobs": self._n_jobs, "batch_size": 1}
        try:
            parallel = Parallel(return_as="generator_unordered", **options)
        except ValueError:  # A backend that gives nothing before all is there, such as Ray's.
            size = AT_ONCE * effective_n_jobs(self._n_jobs)
            with Parallel(**options) as parallel:
                for start in range(0, len(jobs), size):
                    yield from parallel(jobs[start : start + size])
        else:
            yield from parallel(jobs)

    def _end(self, run: Run) -> None:
        if self._left.pop(key_of(run), None) is not None:
            self._tell(run)

    def _recover(self, error: Exception) -> None:
        """Take over what the workers had done, and count what they have died of."""
        for run in read_runs(self._folder).values():
            self._end(run)
        died_at = begun_runs(self._folder) & set(self._left)
        forget_processes(self._folder)
        self._deaths.update(died_at)
        self._deaths_before_a_run = 0 if died_at else self._deaths_before_a_run + 1
        last = [key for key in died_at if self._deaths[key] >= ATTEMPTS and len(died_at) == 1]
        if last or self._deaths_before_a_run >= ATTEMPTS:
            where = f"at the run {last[0]}" if last else "before their first run"
            raise WorkerDied(
                f"{ATTEMPTS} worker processes have ended {where}. Often the memory does not "
                "suffice for several processes: pass a smaller `n_jobs` or `batch_size`. Runs that "
                "are done stay in `directory`, if one is given."
            ) from error


def _last_line(error: BaseException) -> str:
    """Return what an error says; the error of another process is the text of a traceback."""
    lines = [line for line in str(error).splitlines() if line.strip('" ')]
    return lines[-1] if lines else type(error).__name__


def batches(planned: Sequence[PlannedRun]) -> list[list[PlannedRun]]:
    """Return runs in groups that have compiled steps in common, the longest ones first."""

    def alike(one: PlannedRun) -> tuple[str, int, list[str]]:
        cuts = [part.cut for part in one.parts] if one.strategy.uses_cut else []
        return one.key.strategy, one.key.labels, cuts

    together = [list(group) for _, group in groupby(sorted(planned, key=alike), key=alike)]
    split = [
        group[start : start + BATCH] for group in together for start in range(0, len(group), BATCH)
    ]
    return sorted(split, key=lambda group: -group[0].key.labels)

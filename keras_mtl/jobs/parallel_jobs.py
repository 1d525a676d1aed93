"""Jobs in several processes, which are replaced when they die."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Hashable, Sequence
from contextlib import closing
from typing import Generic

from joblib import Parallel, delayed, effective_n_jobs

from keras_mtl.errors import FolderNotShared, WorkerDied
from keras_mtl.jobs.parcel import ATTEMPTS, AJob, Lost, Parcel, Result, do_jobs
from keras_mtl.jobs.told_errors import told_errors

AT_ONCE = 2
"""Batches for each worker that are sent at once to a backend that gives results at the end only."""
DEATHS = {
    "concurrent.BrokenProcessPool",
    "distributed.KilledWorker",
    "ray.RayActorError",
    "ray.WorkerCrashedError",
    "ray.OutOfMemoryError",
}
"""What backends raise when a worker has died: the packages of the errors, and their names."""
NOT_READ = "A task has failed to un-serialize"
"""What the error of loky says that a worker goes on after: it cannot make what it was sent."""


class ParallelJobs(Generic[AJob, Result]):
    """Does jobs in workers of `joblib`, and repeats those that a dying worker leaves unfinished.

    Args:
        parcel: What workers need.
        n_jobs: As for `joblib.Parallel`.
        tell: What is called with each job that has ended, and its result.
        lost: What is called with a job at which `ATTEMPTS` processes have died; it returns the
            result, or raises.
        batches: A function that returns jobs in groups that one worker does one after the other.
        unshared: A function that returns a parcel for machines that share no folder; None if the
            jobs need one.
    """

    def __init__(
        self,
        parcel: Parcel[AJob, Result],
        n_jobs: int | None,
        tell: Callable[[AJob, Result], None],
        lost: Callable[[AJob], Result],
        *,
        batches: Callable[[Sequence[AJob]], Sequence[Sequence[AJob]]] | None = None,
        unshared: Callable[[], Parcel[AJob, Result]] | None = None,
    ) -> None:
        self._parcel, self._n_jobs, self._tell, self._lost = parcel, n_jobs, tell, lost
        self._batches = batches or _one_by_one
        self._unshared = unshared
        self._left: dict[Hashable, AJob] = {}
        self._deaths: Counter[Hashable] = Counter()
        self._deaths_before_a_job = 0

    def do(self, jobs: Sequence[AJob]) -> None:
        """Do all jobs.

        Raises:
            WorkerDied: Workers die again and again before they begin a job.
            FolderNotShared: The jobs need a folder that a worker does not see.
        """
        self._left = {job.key: job for job in jobs}
        self._deaths_before_a_job = 0
        while self._left:
            together = [job for key, job in self._left.items() if key not in self._deaths]
            if together:
                self._try(self._batches(together))
            else:  # One at a time, so that it is known which job a worker dies of.
                self._try([[next(iter(self._left.values()))]])

    def _try(self, several: Sequence[Sequence[AJob]]) -> None:
        try:
            # Closed here, so that an error while results are told ends the workers' jobs too.
            with told_errors(), closing(self._results(several)) as done:
                for batch, results in done:
                    for job, result in zip(batch, results, strict=True):
                        self._end(job, self._lost(job) if isinstance(result, Lost) else result)
        except FolderNotShared:
            if self._unshared is None:
                raise
            self._parcel, self._unshared = self._unshared(), None
        except Exception as error:
            if not is_death(error):
                raise
            self._recover(error)

    def _results(
        self, several: Sequence[Sequence[AJob]]
    ) -> Generator[tuple[Sequence[AJob], Sequence[Result | Lost]], None, None]:
        jobs = [delayed(_numbered)(number, self._parcel, one) for number, one in enumerate(several)]
        options = {"n_jobs": self._n_jobs, "batch_size": 1}
        try:
            parallel = Parallel(return_as="generator_unordered", **options)
        except ValueError:  # A backend that gives nothing before all is there, such as Ray's.
            size = AT_ONCE * effective_n_jobs(self._n_jobs)
            with Parallel(**options) as parallel:
                for start in range(0, len(jobs), size):
                    for number, results in parallel(jobs[start : start + size]):
                        yield several[number], results
        else:
            with closing(parallel(jobs)) as numbered:
                for number, results in numbered:
                    yield several[number], results

    def _end(self, job: AJob, result: Result) -> None:
        if self._left.pop(job.key, None) is not None:
            self._tell(job, result)

    def _recover(self, error: Exception) -> None:
        """Take over what the workers had done, and count what they have died of."""
        notes = self._parcel.notes
        for key, result in notes.ended():
            if key in self._left:
                self._end(self._left[key], result)
        died_at = {key: times for key, times in notes.begun().items() if key in self._left}
        notes.forget()
        self._deaths.update(died_at)
        self._deaths_before_a_job = 0 if died_at else self._deaths_before_a_job + 1
        if len(died_at) == 1:
            (key,) = died_at
            if self._deaths[key] >= ATTEMPTS:
                job = self._left[key]
                self._end(job, self._lost(job))
        if self._deaths_before_a_job >= ATTEMPTS:
            raise died_before_any() from error


def _numbered(
    number: int, parcel: Parcel[AJob, Result], jobs: Sequence[AJob]
) -> tuple[int, list[Result | Lost]]:
    """Return which batch was done, as results come in any order."""
    return number, do_jobs(parcel, jobs)


def _one_by_one(jobs: Sequence[AJob]) -> list[list[AJob]]:
    return [[job] for job in jobs]


def is_death(error: BaseException) -> bool:
    """Return whether an error says that a worker has died."""
    if NOT_READ in str(error):
        return False
    kinds = type(error).__mro__
    return any(f"{one.__module__.partition('.')[0]}.{one.__name__}" in DEATHS for one in kinds)


def died_before_any() -> WorkerDied:
    """Return the error for workers that begin no job."""
    return WorkerDied(f"{ATTEMPTS} worker processes have ended before their first job. {ADVICE}")


ADVICE = (
    "Often the memory does not suffice for several processes: pass a smaller `n_jobs` or "
    "`batch_size`."
)
"""What may help when workers die."""

"""What is sent to workers once for many jobs, and what they do with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Generic, Protocol, TypeVar
from uuid import uuid4

import numpy as np
from joblib import parallel_config

from keras_mtl.jobs.packing import pack, unpack
from keras_mtl.jobs.surroundings import Surroundings, this_process
from keras_mtl.jobs.undisturbed_draws import keep_dask_apart
from keras_mtl.jobs.worker_threads import limit_threads

ATTEMPTS = 3
"""How many processes may die at a job."""

_READY: dict[str, Callable[[Any], Any]] = {}
"""What does the jobs of the work in progress, by the key of the work."""
_LOCK = Lock()
"""A backend of threads shares what does the jobs, whose compiled steps serve one job at a time."""


class Job(Protocol):
    """One of the pieces of work that depend on nothing but what they are sent with."""

    @property
    def key(self) -> Hashable:
        """What tells the job from the others."""


AJob = TypeVar("AJob", bound=Job)
JobIn = TypeVar("JobIn", bound=Job, contravariant=True)
Result = TypeVar("Result")
In = TypeVar("In", contravariant=True)
Out = TypeVar("Out", covariant=True)


class Work(Protocol[In, Out]):
    """What all jobs have in common, as it is sent."""

    def ready(self) -> Callable[[In], Out]:
        """Return a function that does a job; it is made once in each worker."""


class Notes(Protocol[JobIn, Result]):
    """What workers note of their jobs, in files, so that a death says what it has cost."""

    def begin(self, job: JobIn) -> None:
        """Note that this process begins a job."""

    def end(self, job: JobIn, result: Result) -> None:
        """Note the result."""

    def begun(self) -> Mapping[Hashable, int]:
        """Return how often the jobs have begun that have not ended."""

    def ended(self) -> Sequence[tuple[Hashable, Result]]:
        """Return the results that were noted, by the keys of the jobs."""

    def forget(self) -> None:
        """Delete the notes on what has begun."""

    def are_here(self) -> bool:
        """Return whether this process can write notes: the folder may be of another machine."""


@dataclass(frozen=True)
class Lost:
    """Stands for the result of a job at which too many processes have died.

    Attributes:
        key: The key of the job.
    """

    key: Hashable


@dataclass(frozen=True)
class Parcel(Generic[AJob, Result]):
    """What workers need for all jobs.

    Attributes:
        key: What tells this work from others.
        contents: The packed `Work`.
        notes: Where workers note which jobs they begin and end.
        threads: Number of threads of a worker.
        sender: The process that all others work for.
        surroundings: The settings of Keras there.
    """

    key: str
    contents: np.ndarray
    notes: Notes[AJob, Result]
    threads: int
    sender: str
    surroundings: Surroundings

    @classmethod
    def of(
        cls,
        work: Work[AJob, Result],
        notes: Notes[AJob, Result],
        folder: Path | None,
        jobs: int,
        *,
        compiled: bool = False,
    ) -> Parcel[AJob, Result]:
        """Return what is sent.

        Args:
            work: What all jobs have in common.
            notes: Where workers note what they do.
            folder: Where large arrays are written, which all workers map; None to send them.
            jobs: Number of jobs that are done at once.
            compiled: Whether compiled models of the work arrive compiled.

        Raises:
            UnsupportedModel: A model cannot be saved.
        """
        return cls(
            uuid4().hex,
            np.frombuffer(pack(work, folder, compiled=compiled), np.uint8),
            notes,
            max(1, (os.cpu_count() or 1) // jobs),
            this_process(),
            Surroundings.here(),
        )

    def open(self) -> Callable[[AJob], Result]:
        """Return what does the jobs, made once in each process.

        Raises:
            FolderNotShared: The files of the arrays are not on this machine.
            UnsupportedModel: A model cannot be loaded.
        """
        if self.key not in _READY:
            _READY.clear()  # A worker serves one work after the other.
            _READY[self.key] = unpack(self.contents.tobytes()).ready()
        return _READY[self.key]

    def noted(self, do: Callable[[AJob], Result], job: AJob) -> Result | Lost:
        """Do a job, unless too many processes have died at it, and note it."""
        notes = self.notes
        if not notes.are_here():
            return do(job)
        # Some backends, such as Dask's, begin a job again when its process has died, and tell
        # nobody.
        if notes.begun().get(job.key, 0) >= ATTEMPTS:
            return Lost(job.key)
        notes.begin(job)
        result = do(job)
        notes.end(job, result)
        return result


def forget_work() -> None:
    """Let go of what this process has made ready for jobs."""
    _READY.clear()


def do_jobs(parcel: Parcel[AJob, Result], jobs: Sequence[AJob]) -> list[Result | Lost]:
    """Do some jobs, one after the other; this is what a worker calls.

    Raises:
        WorkerDiffers: This process has another version or backend of Keras.
    """
    if this_process() != parcel.sender:
        limit_threads(parcel.threads)
        parcel.surroundings.take_over()
    keep_dask_apart()
    # What a job does in parallel would wait for workers that wait for this lock.
    with parallel_config("sequential"), _LOCK:
        do = parcel.open()
        return [parcel.noted(do, job) for job in jobs]

"""The runs of a comparison in several processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from keras_mtl.common.left_behind import UNFINISHED, temporary_path, tidy_up
from keras_mtl.common.owned_paths import delete, owned
from keras_mtl.comparing.comparison_folder import not_writable
from keras_mtl.comparing.planned_run import PlannedRun
from keras_mtl.comparing.runner import Runner
from keras_mtl.comparing.worker import RunJob, RunNotes, SentRunner
from keras_mtl.errors import WorkerDied
from keras_mtl.jobs.parallel_jobs import ADVICE, ParallelJobs
from keras_mtl.jobs.parcel import ATTEMPTS, Parcel, forget_work
from keras_mtl.results.run import Run

BATCH = 5
"""Runs of one batch at most: what they have in common is compiled once."""


def do_in_others(
    runner: Runner,
    planned: Sequence[PlannedRun],
    tell: Callable[[Run], None],
    folder: Path,
    n_jobs: int | None,
    jobs: int,
) -> None:
    """Do runs in workers of `joblib`.

    Args:
        runner: What does the runs in this process.
        planned: The runs.
        tell: What is called with each run that has ended.
        folder: Where workers note what they begin and end, and find the data.
        n_jobs: As for `joblib.Parallel`.
        jobs: Number of runs that go on at once.

    Raises:
        WorkerDied: Workers die again and again.
        UnsupportedModel: The network cannot be sent to workers.
        ComparisonNotWritable: The data cannot be written for workers.
    """
    work, notes = SentRunner.of(runner, planned), RunNotes(str(folder.absolute()))
    by_key = {one.key: one for one in planned}

    def grouped(left: Sequence[RunJob]) -> list[list[RunJob]]:
        groups = batches([by_key[job.key] for job in left])
        return [[RunJob.of(one) for one in group] for group in groups]

    tidy_up(folder / "shared")
    shared = temporary_path(folder / "shared", UNFINISHED)
    with owned(shared):
        try:
            ParallelJobs(
                _parcel(work, notes, shared, jobs),
                n_jobs,
                lambda job, run: tell(run),
                _died_at,
                batches=grouped,
                unshared=lambda: Parcel.of(work, notes, None, jobs, compiled=True),
            ).do([RunJob.of(one) for one in planned])
        finally:
            forget_work()
            delete(shared)


def _parcel(work: SentRunner, notes: RunNotes, shared: Path, jobs: int) -> Parcel[RunJob, Run]:
    try:
        return Parcel.of(work, notes, shared, jobs, compiled=True)
    except OSError as error:
        raise not_writable(shared.parent, error) from error


def _died_at(run: RunJob) -> Run:
    raise WorkerDied(
        f"{ATTEMPTS} worker processes have ended at the run {run.key}. {ADVICE} Runs that are done "
        "stay in `directory`, if one is given."
    )


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

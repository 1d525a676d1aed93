"""Does the runs of a comparison, in this process or in others, and keeps them in its folder."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from joblib import effective_n_jobs

from keras_mtl.common.arguments import is_whole_number
from keras_mtl.comparing.comparison_facts import facts_of
from keras_mtl.comparing.comparison_folder import opened_folder
from keras_mtl.comparing.experiment import Experiment
from keras_mtl.comparing.parallel_runs import ParallelRuns
from keras_mtl.comparing.planned_run import PlannedRun, RunKey
from keras_mtl.comparing.preparation import prepare
from keras_mtl.comparing.run_log import ALL, RunLog
from keras_mtl.comparing.run_progress import shown_progress
from keras_mtl.comparing.run_records import key_of
from keras_mtl.comparing.runner import Runner
from keras_mtl.comparing.worker import Parcel, forget_runners
from keras_mtl.errors import AllRunsFailed
from keras_mtl.results.run import Run


def check_jobs(n_jobs: Any) -> int | None:
    """Return the number of jobs as `joblib` takes it.

    Raises:
        ValueError: It is 0, no whole number and not None.
    """
    if n_jobs is not None and (not is_whole_number(n_jobs) or n_jobs == 0):
        raise ValueError(
            "`n_jobs` is a number of processes, -1 for one for each core, or None for what "
            f"`joblib.parallel_config` says. Received: {n_jobs!r}."
        )
    return None if n_jobs is None else int(n_jobs)


def do_all(experiment: Experiment, directory: Any, n_jobs: int | None, verbose: int) -> list[Run]:
    """Return the runs of an experiment, those that are done already included.

    An interruption by the user ends it early, with a warning; the runs that are done are returned.

    Raises:
        AllRunsFailed: No run has a score.
    """
    jobs = 1 if n_jobs == 1 else effective_n_jobs(n_jobs)
    settings = {} if directory is None else experiment.settings()
    with opened_folder(directory, settings) as (folder, known):
        done = {key_of(run): run for run in known if not run.error}
        ended = {key: done[key] for key in experiment.keys if key in done}
        left = [key for key in experiment.keys if key not in ended]
        if directory is not None:
            facts_of(experiment).write(folder)
        log = RunLog(folder, ALL)

        def keep(run: Run) -> None:
            ended[key_of(run)] = run
            log.write(run)
            tell(run)

        try:
            name = experiment.metric.name
            with shown_progress(left, len(ended), name, verbose, jobs) as tell:
                if left:
                    runner, planned = prepare(experiment, left, verbose)
                    if jobs == 1:
                        _in_this_process(runner, planned, keep)
                    else:
                        _in_others(runner, planned, keep, folder, n_jobs, jobs)
        except KeyboardInterrupt:
            if not ended:
                raise
            _warn_of_interruption(ended, experiment.keys, directory)
    runs = [ended[key] for key in experiment.keys if key in ended]
    _tell_of_failures(runs)
    return runs


def _in_this_process(runner: Runner, planned: Sequence[PlannedRun], keep: Any) -> None:
    for one in planned:
        keep(runner.run(one))


def _in_others(
    runner: Runner,
    planned: Sequence[PlannedRun],
    keep: Any,
    folder: Path,
    n_jobs: int | None,
    jobs: int,
) -> None:
    threads = max(1, (os.cpu_count() or 1) // jobs)
    parcel = Parcel.of(runner, uuid4().hex, folder, threads)
    try:
        ParallelRuns(parcel, folder, n_jobs, keep).do(planned)
    finally:
        forget_runners()


def _warn_of_interruption(
    ended: Iterable[RunKey], every: Sequence[RunKey], directory: object
) -> None:
    kept = "go on by the same call" if directory is not None else "a `directory` would keep them"
    warnings.warn(
        f"Interrupted: {len(list(ended))} of {len(every)} runs are done; {kept}.", stacklevel=4
    )


def _tell_of_failures(runs: Sequence[Run]) -> None:
    failed = [run for run in runs if run.error]
    if failed and len(failed) == len(runs):
        raise AllRunsFailed(f"All runs failed. The first one, {key_of(runs[0])}: {runs[0].error}")
    of_all = Counter(run.strategy for run in runs)
    for strategy, times in Counter(run.strategy for run in failed).items():
        first = next(run for run in failed if run.strategy == strategy)
        warnings.warn(
            f"`{strategy}` failed in {times} of {of_all[strategy]} runs; the others went on. With "
            f"{first.labels} labels (seed {first.seed}): {first.error}",
            stacklevel=4,
        )

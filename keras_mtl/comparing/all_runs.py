"""Does the runs of a comparison, in this process or in others, and keeps them in its folder."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from keras_mtl.comparing.comparison_facts import facts_of
from keras_mtl.comparing.comparison_folder import opened_folder
from keras_mtl.comparing.experiment import Experiment
from keras_mtl.comparing.parallel_runs import do_in_others
from keras_mtl.comparing.planned_run import PlannedRun, RunKey
from keras_mtl.comparing.preparation import prepare
from keras_mtl.comparing.run_log import ALL, RunLog
from keras_mtl.comparing.run_progress import shown_progress
from keras_mtl.comparing.run_records import key_of
from keras_mtl.comparing.runner import Runner
from keras_mtl.errors import AllRunsFailed
from keras_mtl.jobs.job_count import job_count, sends_jobs
from keras_mtl.jobs.packing import check_sendable
from keras_mtl.results.run import Run


def do_all(experiment: Experiment, directory: Any, n_jobs: int | None, verbose: int) -> list[Run]:
    """Return the runs of an experiment, those that are done already included.

    An interruption by the user ends it early, with a warning; the runs that are done are returned.

    Raises:
        AllRunsFailed: No run has a score.
    """
    jobs = job_count(n_jobs)
    are_sent = sends_jobs(n_jobs)
    if are_sent:
        for strategy in experiment.strategies:
            check_sendable(f"the strategy `{strategy.name}`", strategy)
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
                    if are_sent:
                        do_in_others(runner, planned, keep, folder, n_jobs, jobs)
                    else:
                        _in_this_process(runner, planned, keep)
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

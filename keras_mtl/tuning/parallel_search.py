"""The trials of a search in several processes: one rung of the halving after the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from keras_mtl.common.left_behind import UNFINISHED, temporary_path, tidy_up
from keras_mtl.common.owned_paths import delete, owned
from keras_mtl.errors import KerasMtlError
from keras_mtl.jobs.parallel_jobs import ADVICE, ParallelJobs
from keras_mtl.jobs.parcel import ATTEMPTS, Parcel, forget_work
from keras_mtl.keras_private.filed_tuner import Trial
from keras_mtl.tuning.oracle import CutOracle
from keras_mtl.tuning.search_files import FAILED, NotWritable
from keras_mtl.tuning.search_folder import make_folder
from keras_mtl.tuning.sent_trials import SentSearch, TrialJob, TrialNotes, TrialOutcome
from keras_mtl.tuning.trial_runner import TrialRunner


def search_in_others(
    oracle: CutOracle,
    runner: TrialRunner,
    end: Callable[[Trial], None],
    n_jobs: int | None,
    jobs: int,
) -> None:
    """Do all trials that are left in workers of `joblib`.

    Args:
        oracle: What plans the trials.
        runner: What does the trials in this process.
        end: What is called with each trial that has ended.
        n_jobs: As for `joblib.Parallel`.
        jobs: Number of trials that go on at once.

    Raises:
        TypeError: Something of the user's cannot be sent to another process.
        UnsupportedModel: The model cannot be sent to workers.
        WorkerDied: Workers die again and again before they begin a trial.
        FolderNotShared: A worker does not see the folder of the search.
    """
    shared = runner.folder.absolute() / "shared"
    tidy_up(shared)
    folder = temporary_path(shared, UNFINISHED)
    work = SentSearch.of(runner, folder)
    trials: dict[str, Trial] = {}

    def tell(job: TrialJob, outcome: TrialOutcome) -> None:
        trial = trials[job.key]
        oracle.note_duration(trial, outcome.seconds)
        if outcome.metrics:
            oracle.update_trial(trial.trial_id, dict(outcome.metrics), step=outcome.step)
        trial.status, trial.message = outcome.status, outcome.message
        end(trial)

    with owned(folder):
        try:
            make_folder(folder)
            parcel = _parcel(work, folder, jobs)
            in_parallel = ParallelJobs(parcel, n_jobs, tell, _lost)
            while rung := _next_rung(oracle):
                trials = {trial.trial_id: trial for trial in rung}
                in_parallel.do([TrialJob.of(trial) for trial in rung])
        finally:
            forget_work()
            delete(folder)


def _parcel(work: SentSearch, folder: Path, jobs: int) -> Parcel[TrialJob, TrialOutcome]:
    try:
        return Parcel.of(work, TrialNotes(str(folder)), folder / "arrays", jobs)
    except OSError as error:
        raise NotWritable.because(folder, error) from error
    except KerasMtlError:
        raise
    except Exception:  # What is sent may be the user's.
        work.check_parts()
        raise


def _next_rung(oracle: CutOracle) -> list[Trial]:
    """Return all trials that can be done now."""
    rung: list[Trial] = []
    while True:
        trial = oracle.create_trial(f"job{len(rung)}")
        if trial.status != "RUNNING":
            return rung
        rung.append(trial)


def _lost(job: TrialJob) -> TrialOutcome:
    message = f"{ATTEMPTS} worker processes have ended at this trial. {ADVICE}"
    return TrialOutcome(FAILED, {}, 0, message, 0.0)

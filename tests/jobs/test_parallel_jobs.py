from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

import joblib
import numpy as np
import pytest

from keras_mtl.errors import FolderNotShared, WorkerDied
from keras_mtl.jobs import parallel_jobs
from keras_mtl.jobs.packing import WORTH_A_FILE
from keras_mtl.jobs.parallel_jobs import ParallelJobs, is_death
from keras_mtl.jobs.parcel import Parcel, forget_work
from keras_mtl.tuning.sent_trials import TrialJob, TrialNotes, TrialOutcome

KEYS = ["0001", "0002", "0003", "0004", "0005"]


def outcome(key):
    return TrialOutcome("COMPLETED", {"score": float(key)}, 0, None, 1.0)


@dataclass(frozen=True)
class Scoring:
    """Work that takes no time."""

    data: np.ndarray | None = None

    def ready(self):
        return lambda job: outcome(job.key)


@pytest.fixture
def done(tmp_path):
    """A function that does all jobs, and returns what was told of them."""

    def do(n_jobs=None, work=None, tell=None, **options):
        seen = {}
        (tmp_path / "notes").mkdir()
        parcel = Parcel.of(work or Scoring(), TrialNotes(str(tmp_path / "notes")), tmp_path, 2)
        tell = tell or (lambda job, result: seen.update({job.key: result}))
        jobs = ParallelJobs(parcel, n_jobs, tell, lost, **options)
        jobs.do([TrialJob(key, {}) for key in KEYS])
        return seen

    yield do
    forget_work()


def lost(job):
    return TrialOutcome("FAILED", {}, 0, "lost", 0.0)


ALL = {key: outcome(key) for key in KEYS}


def test_all_jobs_are_done(done):
    with joblib.parallel_config("threading", n_jobs=2):
        assert done(batches=lambda jobs: [jobs[:3], jobs[3:]]) == ALL


class AtTheEnd(joblib.Parallel):
    """Gives no result before all are there, as the backend of Ray does."""

    def __init__(self, return_as="list", **options):
        if return_as != "list":
            raise ValueError("This backend does not support it.")
        super().__init__(**options)

    def __call__(self, jobs):
        assert len(list(jobs)) <= 4
        return super().__call__(jobs)


def test_a_backend_that_gives_results_at_the_end(done, monkeypatch):
    monkeypatch.setattr(parallel_jobs, "Parallel", AtTheEnd)
    with joblib.parallel_config("threading", n_jobs=2):
        assert done() == ALL


class DyingPool:
    """Does jobs in this process; a worker dies at some of them, so many times."""

    deaths: dict = {}  # noqa: RUF012

    def __init__(self, **options):
        pass

    def __call__(self, jobs):
        for function, (number, parcel, batch), _ in jobs:
            for job in batch:
                if self.deaths.get(job.key, 0):
                    self.deaths[job.key] -= 1
                    if parcel.notes.are_here():
                        parcel.notes.begin(job)
                    raise BrokenProcessPool("killed")
            if number == 1:  # The next death comes before this result is handed on.
                function(number, parcel, batch)
            else:
                yield function(number, parcel, batch)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_worker_that_dies_costs_its_job_only(done, monkeypatch, times):
    monkeypatch.setattr(parallel_jobs, "Parallel", DyingPool)
    monkeypatch.setattr(DyingPool, "deaths", {"0003": times, "0005": 1})
    assert done(2) == (ALL if times < 3 else ALL | {"0003": lost(None)})


def test_an_error_while_a_result_is_told_ends_the_jobs(done, monkeypatch):
    pools = []

    class Pool(DyingPool):
        deaths: dict = {}  # noqa: RUF012

        def __call__(self, jobs):
            pools.append(super().__call__(jobs))  # Held here, so that nothing else closes it.
            return pools[-1]

    monkeypatch.setattr(parallel_jobs, "Parallel", Pool)
    with pytest.raises(OSError, match="full"):
        done(2, tell=full)
    assert list(pools[0]) == []


def full(job, result):
    raise OSError("full")


def test_workers_that_die_before_any_job_end_it(done, monkeypatch):
    monkeypatch.setattr(parallel_jobs, "Parallel", DyingPool)
    monkeypatch.setattr(DyingPool, "deaths", {"0001": 9})
    monkeypatch.setattr(TrialNotes, "are_here", lambda notes: False)
    with pytest.raises(WorkerDied, match="3 worker processes have ended before their first job"):
        done(2)


def test_arrays_are_sent_to_machines_without_the_folder(done, tmp_path):
    work = Scoring(np.zeros(WORTH_A_FILE))

    def unshared():
        return Parcel.of(work, TrialNotes(str(tmp_path / "notes")), None, 2)

    opened = Parcel.open

    def elsewhere(parcel):
        Path(tmp_path, "0.npy").unlink(missing_ok=True)
        return opened(parcel)

    with pytest.MonkeyPatch.context() as patched, joblib.parallel_config("threading", n_jobs=2):
        patched.setattr(Parcel, "open", elsewhere)
        assert done(work=work, unshared=unshared) == ALL


def test_jobs_that_need_the_folder_say_so(done, tmp_path):
    def opened(parcel):
        raise FolderNotShared("it is not there")

    with pytest.MonkeyPatch.context() as patched, joblib.parallel_config("threading", n_jobs=2):
        patched.setattr(Parcel, "open", opened)
        with pytest.raises(FolderNotShared):
            done()


def test_which_errors_are_deaths():
    ray = type("ActorDiedError", (type("RayActorError", (Exception,), {}),), {})
    ray.__mro__[1].__module__ = "ray.exceptions"
    killed = type("KilledWorker", (Exception,), {"__module__": "distributed.scheduler"})
    mine = type("KilledWorker", (Exception,), {"__module__": "mine"})
    assert [is_death(one()) for one in (BrokenProcessPool, ray, killed, mine, OSError)] == [
        *(True, True, True),
        *(False, False),
    ]
    assert not is_death(BrokenProcessPool("A task has failed to un-serialize. Please ensure"))
    assert is_death(BrokenProcessPool("A result has failed to un-serialize. Please ensure"))

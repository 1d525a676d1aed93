from collections import Counter
from dataclasses import dataclass

import pytest

from keras_mtl.errors import WorkerDiffers
from keras_mtl.jobs import parcel as module
from keras_mtl.jobs.parcel import ATTEMPTS, Lost, Parcel, do_jobs, forget_work

MADE = []


@dataclass(frozen=True)
class Number:
    key: int


@dataclass(frozen=True)
class Doubling:
    """Work whose jobs are numbers."""

    def ready(self):
        MADE.append(1)
        return lambda job: 2 * job.key


class InMemory:
    """Notes of this process only."""

    def __init__(self, here=True):
        self.here, self.log, self.results = here, [], {}

    def begin(self, job):
        self.log.append(job.key)

    def end(self, job, result):
        self.results[job.key] = result

    def begun(self):
        return Counter(key for key in self.log if key not in self.results)

    def ended(self):
        return list(self.results.items())

    def forget(self):
        self.log.clear()

    def are_here(self):
        return self.here


@pytest.fixture(autouse=True)
def forget():
    MADE.clear()
    yield
    forget_work()


def test_work_is_made_ready_once_and_jobs_are_noted(tmp_path):
    notes = InMemory()
    parcel = Parcel.of(Doubling(), notes, tmp_path, jobs=2)
    assert do_jobs(parcel, [Number(1), Number(2)]) + do_jobs(parcel, [Number(3)]) == [2, 4, 6]
    assert (len(MADE), notes.log, notes.results) == (1, [1, 2, 3], {1: 2, 2: 4, 3: 6})
    do_jobs(Parcel.of(Doubling(), notes, tmp_path, jobs=2), [])
    assert len(module._READY) == 1


def test_a_job_that_has_killed_its_processes_is_not_begun_again(tmp_path):
    notes = InMemory()
    notes.log = [1] * ATTEMPTS
    parcel = Parcel.of(Doubling(), notes, tmp_path, jobs=1)
    assert do_jobs(parcel, [Number(1), Number(2)]) == [Lost(1), 4]


def test_a_worker_of_another_machine_notes_nothing(tmp_path):
    notes = InMemory(here=False)
    assert do_jobs(Parcel.of(Doubling(), notes, tmp_path, jobs=1), [Number(1)]) == [2]
    assert notes.log == []


def test_a_worker_with_another_keras_is_refused(tmp_path, monkeypatch):
    parcel = Parcel.of(Doubling(), InMemory(), tmp_path, jobs=1)
    monkeypatch.setattr(module, "this_process", lambda: "another")
    monkeypatch.setattr(module, "limit_threads", lambda threads: None)
    monkeypatch.setattr("keras.__version__", "2.1")
    with pytest.raises(WorkerDiffers, match="version"):
        do_jobs(parcel, [Number(1)])

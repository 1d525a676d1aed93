import os
import signal
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import joblib
import pytest

import keras_mtl
from _comparisons import CHEAP, Majority, named_blobs, with_test
from _estimators import network
from keras_mtl.comparing import parallel_runs
from keras_mtl.comparing.parallel_runs import BATCH, ParallelRuns, batches
from keras_mtl.comparing.preparation import prepare
from keras_mtl.comparing.run_log import RunLog
from keras_mtl.comparing.run_records import key_of
from keras_mtl.comparing.worker import Parcel, forget_runners
from keras_mtl.errors import WorkerDied


def numbers(runs):
    """What must not depend on where a run is done."""
    return {key_of(run): (run.cut, run.score, run.gains.tolist()) for run in runs}


@pytest.fixture
def prepared(tmp_path):
    one = with_test(strategies=[*CHEAP[:1], Majority()])
    runner, planned = prepare(one, one.keys, verbose=0)
    yield one, runner, planned, Parcel.of(runner, "key", tmp_path, threads=1)
    forget_runners()


def test_workers_do_what_this_process_does(prepared, tmp_path):
    _, runner, planned, parcel = prepared
    here = [runner.run(one) for one in planned]
    seen = []
    with joblib.parallel_config("threading", n_jobs=2):
        ParallelRuns(parcel, tmp_path, None, seen.append).do(planned)
    assert numbers(seen) == numbers(here)
    assert len(seen) == len(here)


class AtTheEnd(joblib.Parallel):
    """Gives no result before all are there, as the backend of Ray does."""

    def __init__(self, return_as="list", **options):
        if return_as != "list":
            raise ValueError("This backend does not support it.")
        super().__init__(**options)

    def __call__(self, jobs):
        assert len(list(jobs)) <= 4
        return super().__call__(jobs)


def test_a_backend_that_gives_results_at_the_end(prepared, tmp_path, monkeypatch):
    _, runner, planned, parcel = prepared
    monkeypatch.setattr(parallel_runs, "Parallel", AtTheEnd)
    monkeypatch.setattr(parallel_runs, "BATCH", 1)
    seen = []
    with joblib.parallel_config("threading", n_jobs=2):
        ParallelRuns(parcel, tmp_path, None, seen.append).do(planned)
    assert numbers(seen) == numbers(runner.run(one) for one in planned)


class DyingPool:
    """Does jobs in this process; a worker dies at some runs, so many times."""

    deaths: dict = {}  # noqa: RUF012

    def __init__(self, **options):
        pass

    def __call__(self, jobs):
        for function, (parcel, batch), _ in jobs:
            runs = []
            for planned in batch:
                if self.deaths.get(planned.key, 0):
                    self.deaths[planned.key] -= 1
                    RunLog(Path(parcel.folder)).write(planned.key)
                    raise BrokenProcessPool("killed")
                runs += function(parcel, [planned])
            yield runs


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_worker_that_dies_is_replaced_some_times(prepared, tmp_path, monkeypatch, times):
    _, runner, planned, parcel = prepared
    monkeypatch.setattr(parallel_runs, "Parallel", DyingPool)
    monkeypatch.setattr(DyingPool, "deaths", {planned[3].key: times, planned[5].key: 1})
    seen = []
    runs = ParallelRuns(parcel, tmp_path, 2, seen.append)
    if times < 3:
        runs.do(planned)
        assert numbers(seen) == numbers(runner.run(one) for one in planned)
    else:
        with pytest.raises(WorkerDied, match=r"3 worker processes have ended at the run `means`"):
            runs.do(planned)


def test_batches_have_something_in_common(prepared):
    _, _, planned, _ = prepared
    groups = batches(planned)
    assert sorted(one.key for group in groups for one in group) == sorted(p.key for p in planned)
    assert all(len({(o.key.strategy, o.key.labels) for o in group}) == 1 for group in groups)
    assert max(map(len, groups)) <= BATCH
    assert [group[0].key.labels for group in groups] == [20, 20, 6, 6]


class NoPickle(Majority):
    def __reduce__(self):
        raise TypeError("a file that is open")


@pytest.mark.slow
def test_a_strategy_that_cannot_be_sent():
    x, y = named_blobs()
    arguments = {"labels": [6, 20], "seeds": 2, "verbose": 0, "cut": "first"}
    with pytest.raises(TypeError, match=r"a file that is open.*pass `n_jobs=1`"):
        keras_mtl.compare(network(), x, y, strategies=NoPickle(), n_jobs=2, **arguments)


class DiesOnce(Majority):
    """Ends its process in the first run with 20 labels."""

    def __init__(self, marker):
        self.marker = marker

    def fit(self, model, cut, x, y, seed):
        if len(y) == 20 and not os.path.exists(self.marker):
            open(self.marker, "x").close()
            os.kill(os.getpid(), signal.SIGKILL)
        super().fit(model, cut, x, y, seed)


@pytest.mark.slow
def test_real_workers(tmp_path):
    x, y = named_blobs()
    arguments = {"labels": [6, 20], "seeds": 2, "verbose": 0}
    marker = str(tmp_path / "died")
    dying = {"means": CHEAP[0], "fragile": DiesOnce(marker)}
    several = keras_mtl.compare(network(), x, y, strategies=dying, n_jobs=2, **arguments)
    assert os.path.exists(marker)
    calm = {"means": CHEAP[0], "fragile": Majority()}
    alone = keras_mtl.compare(network(), x, y, strategies=calm, **arguments)
    assert numbers(several.runs) == numbers(alone.runs)

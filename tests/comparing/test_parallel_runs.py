import errno
import os
import signal

import cloudpickle
import joblib
import keras
import pytest

import keras_mtl
from _comparisons import CHEAP, Majority, named_blobs, with_test
from _estimators import network
from keras_mtl.comparing import parallel_runs
from keras_mtl.comparing.parallel_runs import BATCH, batches, do_in_others
from keras_mtl.comparing.preparation import prepare
from keras_mtl.comparing.run_records import key_of
from keras_mtl.errors import ComparisonNotWritable, WorkerDied
from keras_mtl.jobs.parallel_jobs import ParallelJobs
from keras_mtl.jobs.parcel import Parcel, do_jobs


def numbers(runs):
    """What must not depend on where a run is done."""
    return {key_of(run): (run.cut, run.score, run.gains.tolist()) for run in runs}


def test_workers_do_what_this_process_does(tmp_path):
    one = with_test(strategies=[*CHEAP[:1], Majority()])
    runner, planned = prepare(one, one.keys, verbose=0)
    seen = []
    with joblib.parallel_config("threading", n_jobs=2):
        do_in_others(runner, planned, seen.append, tmp_path, None, jobs=2)
    assert numbers(seen) == numbers(map(runner.run, planned))
    assert len(seen) == len(planned)
    assert [path for path in tmp_path.iterdir() if "shared" in path.name] == []


class Pickling(ParallelJobs):
    """Does jobs in this process, as joblib sends them."""

    def do(self, jobs):
        for job in jobs:
            sent = cloudpickle.loads(cloudpickle.dumps((self._parcel, [job])))
            self._tell(job, *do_jobs(*sent))


def test_a_strategy_may_hold_a_model_with_a_layer_of_its_own(tmp_path, monkeypatch):
    class TimesTwo(keras.layers.Layer):
        def call(self, x):
            return 2 * x

    class Compiled(Majority):
        def fit(self, model, cut, x, y, seed):
            assert self.model.compiled
            super().fit(model, cut, x, y, seed)

        def __deepcopy__(self, memo):
            return self

    strategy = Compiled()
    strategy.model = keras.Sequential([keras.Input((4,)), TimesTwo()])
    strategy.model.compile("sgd", "mse")
    one = with_test(strategies=strategy)
    runner, planned = prepare(one, one.keys, verbose=0)
    monkeypatch.setattr(parallel_runs, "ParallelJobs", Pickling)
    seen = []
    do_in_others(runner, planned, seen.append, tmp_path, None, jobs=2)
    assert [run.error for run in seen] == [""] * len(planned)


class Dying(ParallelJobs):
    """A worker dies at the first run, again and again."""

    def do(self, jobs):
        self._lost(jobs[0])


def test_a_run_at_which_workers_die_again_and_again_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(parallel_runs, "ParallelJobs", Dying)
    one = with_test(strategies=[*CHEAP[:1], Majority()])
    runner, planned = prepare(one, one.keys, verbose=0)
    with pytest.raises(WorkerDied, match=r"3 worker processes have ended at the run `means`"):
        do_in_others(runner, planned, print, tmp_path, 2, jobs=2)


def test_a_full_disk_is_told_with_the_folder(tmp_path, monkeypatch):
    def full(*given, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Parcel, "of", full)
    one = with_test()
    runner, planned = prepare(one, one.keys, verbose=0)
    with pytest.raises(ComparisonNotWritable, match=f"`{tmp_path}` cannot be .*: No space left"):
        do_in_others(runner, planned, print, tmp_path, 2, jobs=2)


def test_batches_have_something_in_common():
    one = with_test(strategies=[*CHEAP[:1], Majority()])
    _, planned = prepare(one, one.keys, verbose=0)
    groups = batches(planned)
    assert sorted(one.key for group in groups for one in group) == sorted(p.key for p in planned)
    assert all(len({(o.key.strategy, o.key.labels) for o in group}) == 1 for group in groups)
    assert max(map(len, groups)) <= BATCH
    assert [group[0].key.labels for group in groups] == [20, 20, 6, 6]


class NoPickle(Majority):
    def __reduce__(self):
        raise TypeError("a file that is open")


def test_a_strategy_that_cannot_be_sent_is_refused_before_any_work():
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

import keras
import numpy as np
import pytest
from keras import layers

from _comparisons import CHEAP, Majority, experiment, named_blobs, with_test
from keras_mtl.comparing import worker
from keras_mtl.comparing.preparation import prepare
from keras_mtl.comparing.run_log import read_runs
from keras_mtl.comparing.worker import Parcel, forget_runners, run_batch
from keras_mtl.errors import UnsupportedModel


@pytest.fixture
def sent(tmp_path):
    one = with_test(strategies=[CHEAP[0], Majority()])
    runner, planned = prepare(one, one.keys, verbose=0)
    yield runner, planned, Parcel.of(runner, "key", tmp_path, threads=1)
    forget_runners()


def test_a_worker_keeps_its_network_and_notes_its_runs(sent, tmp_path):
    runner, planned, parcel = sent
    here = [runner.run(one).score for one in planned]
    there = [run_batch(parcel, [one])[0] for one in planned]
    assert [run.score for run in there] == here
    (kept,) = worker._RUNNERS.values()
    assert kept.task.model is not runner.task.model
    assert len(read_runs(tmp_path)) == len(planned)
    run_batch(Parcel.of(runner, "another", tmp_path, threads=1), planned[:1])
    assert list(worker._RUNNERS) == ["another"]


def test_a_worker_of_another_machine_returns_its_runs_only(sent, tmp_path):
    runner, planned, _ = sent
    parcel = Parcel.of(runner, "key", tmp_path / "elsewhere", threads=1)
    assert len(run_batch(parcel, planned)) == len(planned)
    assert not (tmp_path / "elsewhere").exists()


def test_a_network_that_cannot_be_loaded(sent, tmp_path):
    one = experiment(
        model=keras.Sequential(
            [keras.Input((4,)), layers.Lambda(lambda x: 2 * x, name="double"), layers.Dense(2)]
        ),
        cut="double",
    )
    runner, planned = prepare(one, one.keys, verbose=0)
    parcel = Parcel.of(runner, "lambda", tmp_path, threads=1)
    with pytest.raises(UnsupportedModel, match="Pass `n_jobs=1`"):
        run_batch(parcel, planned)


def test_the_loss_of_the_first_task_travels(tmp_path):
    x, _ = named_blobs()
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="first"), layers.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    one = experiment(model=model, auxiliary=(x, np.arange(60) % 2), strategies=CHEAP)
    runner, _ = prepare(one, one.keys, verbose=0)
    loaded = Parcel.of(runner, "key", tmp_path, threads=1).runner().task
    assert loaded.model.compiled
    assert loaded.model.loss.get_config()["from_logits"]
    assert len(loaded.auxiliary.values) == 60

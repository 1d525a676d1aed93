import keras
import numpy as np
import pytest
from keras import layers

from _comparisons import CHEAP, Majority, experiment, named_blobs, with_test
from keras_mtl.comparing.preparation import prepare
from keras_mtl.comparing.run_log import read_runs
from keras_mtl.comparing.worker import RunJob, RunNotes, SentRunner
from keras_mtl.errors import UnsupportedModel
from keras_mtl.jobs.packing import pack, unpack


def test_a_runner_arrives_with_a_network_of_its_own(tmp_path):
    one = with_test(strategies=[CHEAP[0], Majority()])
    runner, planned = prepare(one, one.keys, verbose=0)
    sent = unpack(pack(SentRunner.of(runner, planned), tmp_path))
    do = sent.ready()
    assert [do(RunJob.of(one)).score for one in planned] == [
        runner.run(job).score for job in planned
    ]
    assert sent.runner().task.model is not runner.task.model


def test_runs_are_noted_in_a_file_of_this_process(tmp_path):
    one = with_test(strategies=[CHEAP[0], Majority()])
    runner, planned = prepare(one, one.keys, verbose=0)
    notes = RunNotes(str(tmp_path))
    for job in planned[:2]:
        notes.begin(job)
    notes.begin(planned[1])
    notes.end(planned[0], runner.run(planned[0]))
    assert notes.begun() == {planned[1].key: 2}
    assert [key for key, _ in notes.ended()] == list(read_runs(tmp_path)) == [planned[0].key]
    notes.forget()
    assert notes.are_here()
    assert not notes.begun()
    assert not RunNotes(str(tmp_path / "elsewhere")).are_here()


def test_a_network_that_cannot_be_loaded():
    one = experiment(
        model=keras.Sequential(
            [keras.Input((4,)), layers.Lambda(lambda x: 2 * x, name="double"), layers.Dense(2)]
        ),
        cut="double",
    )
    runner, planned = prepare(one, one.keys, verbose=0)
    with pytest.raises(UnsupportedModel, match="Pass `n_jobs=1`"):
        SentRunner.of(runner, planned).ready()


def test_the_loss_of_the_first_task_travels():
    x, _ = named_blobs()
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="first"), layers.Dense(2)])
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    one = experiment(model=model, auxiliary=(x, np.arange(60) % 2), strategies=CHEAP)
    runner, planned = prepare(one, one.keys, verbose=0)
    loaded = SentRunner.of(runner, planned).runner().task
    assert loaded.model.compiled
    assert loaded.model.loss.get_config()["from_logits"]
    assert len(loaded.auxiliary.values) == 60

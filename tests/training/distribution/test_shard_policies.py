"""How several workers share a `tf.data.Dataset`, by its `auto_shard_policy`."""

import functools

import keras
import numpy as np
import pytest

import keras_mtl
from _helpers import draw
from _told_workers import ToldWorkers, same
from _two_tasks import sex_and_hair
from keras_mtl.errors import InvalidTaskData
from keras_mtl.training.run_facts import check_run, facts_of_run
from keras_mtl.training.run_setup import set_up
from keras_mtl.training.settings import Settings

pytestmark = pytest.mark.backend("tensorflow", reason="`tf.distribute` is TensorFlow's")

QUIET = {"verbose": 0}


@functools.cache
def shared(policy):
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((draw(8, 4), np.arange(8) % 2)).batch(4)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = getattr(
        tf.data.experimental.AutoShardPolicy, policy
    )
    return data.with_options(options)


def by_task(policy):
    return {"sex": shared(policy)}


@functools.cache
def several():
    return sex_and_hair({"sex": 2})


@functools.cache
def one():
    """A model that no refused call changes."""
    trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)])
    return keras_mtl.transfer(trained, cut=1, head=2, verify=False)


CALLS = {
    "fit": lambda policy: several().fit(by_task(policy), **QUIET),
    "validation": lambda policy: several().fit(
        by_task("AUTO"), validation_data=by_task(policy), **QUIET
    ),
    "evaluate": lambda policy: several().evaluate(by_task(policy), **QUIET),
    "fit of one task": lambda policy: one().fit(shared(policy), **QUIET),
    "evaluate one task": lambda policy: one().evaluate(shared(policy), **QUIET),
    "predict": lambda policy: one().predict(shared(policy), **QUIET),
    "fit_cached": lambda policy: keras_mtl.fit_cached(one(), shared(policy), **QUIET),
}


@pytest.fixture
def two_workers(monkeypatch):
    from keras_mtl.training.distribution import tf_workers

    told = ToldWorkers(same)
    monkeypatch.setattr(tf_workers, "tensorflow_workers", lambda strategy, **options: told)


@pytest.mark.usefixtures("two_workers")
@pytest.mark.parametrize("call", CALLS)
def test_a_policy_that_is_not_applied_is_refused_before_any_work(call):
    for policy in ("FILE", "HINT"):
        words = rf"The `auto_shard_policy` of .* is {policy}, .* `\.shard\(workers, index\)` .* OFF"
        with pytest.raises(InvalidTaskData, match=words):
            CALLS[call](policy)


@pytest.mark.usefixtures("two_workers")
@pytest.mark.parametrize("verb", ["predict", "fit_cached"])
def test_batches_of_each_worker_are_refused_where_all_need_the_same(verb):
    with pytest.raises(InvalidTaskData, match=rf"is OFF, .* `{verb}` needs the same batches"):
        CALLS[verb]("OFF")


def test_workers_compare_whether_their_batches_are_their_own_and_one_process_reads_all():
    policies = ("OFF", "DATA", "FILE")
    runs = [set_up(several().training_state, by_task(p), None, Settings(), 1) for p in policies]
    check_run(ToldWorkers(), runs[2])
    own, same_for_all, _ = map(facts_of_run, runs)
    assert {name for name in own if own[name] != same_for_all[name]} == {"the data of `sex`"}

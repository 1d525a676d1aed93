"""The workers and devices of a model that is trained without a strategy."""

import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import keras_mtl
from _two_tasks import sex_and_hair
from keras_mtl.errors import InvalidCluster
from keras_mtl.training.distribution.model_workers import num_devices, scope_of, workers_of
from keras_mtl.training.distribution.workers import ALONE


def test_a_model_without_a_strategy_is_alone_on_one_device(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    model = sex_and_hair()
    assert workers_of(model) is ALONE
    assert (ALONE.size, ALONE.is_chief, num_devices(model)) == (1, True, 1)
    with scope_of(model):
        assert ALONE.exchanged({"a": 1}) == [{"a": 1}]
        assert np.array_equal(ALONE.from_chief(np.arange(3)), np.arange(3))


def transferred():
    trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    return keras_mtl.transfer(trained, cut=0, head=2, verify=False)


@pytest.mark.backend("tensorflow", reason="`TF_CONFIG` is TensorFlow's")
@pytest.mark.parametrize("make", [transferred, sex_and_hair])
def test_a_process_beside_others_predicts_by_itself(make, monkeypatch):
    cluster = {"worker": ["host0:12345", "host1:12345"]}
    task = {"type": "worker", "index": 1}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    model = make()
    model.run_eagerly = True
    predicted = model.predict(np.ones((3, 4), "float32"), verbose=0)
    assert {len(one) for one in keras.tree.flatten(predicted)} == {3}
    with pytest.raises(InvalidCluster):
        workers_of(model)


@pytest.mark.backend("tensorflow", reason="the strategies are those of TensorFlow")
@pytest.mark.parametrize("workers", [1, 2])
def test_an_evaluator_is_alone(workers, monkeypatch):
    import tensorflow as tf

    monkeypatch.delenv("TF_CONFIG", raising=False)
    hosts = [f"host{i}:12345" for i in range(workers)]
    cluster = tf.train.ClusterSpec({"worker": hosts, "evaluator": ["host9:12345"]})
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        cluster, task_type="evaluator", task_id=0
    )
    strategy = SimpleNamespace(cluster_resolver=resolver)
    assert workers_of(SimpleNamespace(distribute_strategy=strategy)) is ALONE

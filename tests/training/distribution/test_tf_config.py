"""`TF_CONFIG` that cannot be meant is refused before any work."""

import json

import pytest

from _two_tasks import bits, sex_and_hair, two_sets
from keras_mtl.errors import InvalidCluster
from keras_mtl.training.distribution.tf_config import check_cluster

TWO = ["host0:12345", "host1:12345"]


def config(workers=TWO, kind="worker", index=0, **jobs):
    cluster = {"worker": workers, **jobs}
    return json.dumps({"cluster": cluster, "task": {"type": kind, "index": index}})


WRONG = {
    "{'cluster': }": "is no JSON",
    "[1]": "is no JSON object",
    '{"cluster": [1]}': '"cluster" or a "task" that is no JSON object',
    config("host0:12345"): "lists no addresses for 'worker'",
    config(["host0:12345", "host1"]): "'host1', which is no host with a port",
    config(["host0:12345", "host1:99999"]): "'host1:99999'",
    config(["host0:12345", "host0:12345"]): "names 'host0:12345' twice",
    config(kind="wroker"): r"task type 'wroker', none of its \"cluster\"",
    config(index=2): "task index 2, where 'worker' has 2 addresses",
    config(index="0"): "task index '0'",
}


@pytest.mark.parametrize(("text", "words"), WRONG.items())
def test_a_text_that_names_no_workers_is_refused(monkeypatch, text, words):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InvalidCluster, match=f"{words}.*It is a text such as"):
        check_cluster(TWO)


@pytest.mark.parametrize(
    "text", ["", "{}", config(["host0:12345"]), config(kind="evaluator", evaluator=["host2:1"])]
)
def test_a_process_that_trains_alone_needs_no_strategy(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    check_cluster([])


def test_workers_of_another_text_are_refused(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", config())
    check_cluster(TWO)
    with pytest.raises(InvalidCluster, match="has the workers host0:12345, host1:54321"):
        check_cluster(["host0:12345", "host1:54321"])


def test_a_strategy_may_know_its_workers_otherwise(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    check_cluster(TWO)


@pytest.mark.backend("tensorflow", reason="`TF_CONFIG` is TensorFlow's")
@pytest.mark.parametrize("verb", ["fit", "evaluate"])
def test_training_without_a_strategy_is_refused_and_changes_nothing(monkeypatch, verb):
    model = sex_and_hair()
    before = bits(model)
    monkeypatch.setenv("TF_CONFIG", config())
    with pytest.raises(InvalidCluster, match=r"names 2 workers.*MultiWorkerMirroredStrategy"):
        getattr(model, verb)(two_sets(), verbose=0)
    assert bits(model) == before

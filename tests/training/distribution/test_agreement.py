"""Workers that were given different things are found before they train."""

import random

import pytest

from _told_workers import ToldWorkers, same
from keras_mtl.errors import WorkersDiffer
from keras_mtl.training.distribution.agreement import check_same, common_seed
from keras_mtl.training.distribution.workers import ALONE


def with_other(**changed):
    return lambda facts: {**facts, **changed}


def test_the_same_facts_pass():
    check_same(ToldWorkers(same, same), "fit", {"the seed": 1, "the data": ["a1"]})


def test_each_worker_that_differs_is_named_with_what_differs():
    other = with_other(**{"the seed": "2", "the data": ["b2"]})
    workers = ToldWorkers(same, other, with_other(**{"the call": "`evaluate`"}))
    with pytest.raises(WorkersDiffer) as refused:
        check_same(workers, "fit", {"the seed": 1, "the data": ["a1"], "`epochs`": 3})
    message = str(refused.value)
    assert "worker 1" not in message
    assert "worker 2 (`host2:12345`) differs from the chief, worker 0 (`host0:12345`)" in message
    assert "the seed (2 instead of 1), the data;" in message
    assert "worker 3 (`host3:12345`)" in message and "(`evaluate` instead of `fit`)" in message


def test_a_seed_that_nobody_gives_is_that_of_the_chief(monkeypatch):
    monkeypatch.setattr(random, "randrange", lambda _: 7)

    def chief(value):
        return 5 if value == 7 else value

    assert common_seed(ToldWorkers(chief, index=1), "fit", None) == 5
    assert common_seed(ALONE, "fit", None) is None


def test_seeds_that_differ_are_refused():
    with pytest.raises(WorkersDiffer, match=r"the seed \(4 instead of 3\)"):
        common_seed(ToldWorkers(with_other(**{"the seed": "4"})), "fit", 3)

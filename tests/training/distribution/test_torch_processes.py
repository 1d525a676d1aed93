"""Training in a group of torch processes is refused, because it would not be synchronised."""

import keras
import pytest

import keras_mtl
from _two_tasks import bits, sex_and_hair, two_sets
from keras_mtl.errors import UnsupportedBackend

pytestmark = pytest.mark.backend("torch", reason="the processes are those of torch")


@pytest.fixture
def two_processes(monkeypatch):
    import torch.distributed

    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 0)


@pytest.mark.parametrize("verb", ["fit", "evaluate"])
def test_a_group_is_refused_before_training(two_processes, verb):
    model = sex_and_hair()
    before = bits(model)
    with pytest.raises(UnsupportedBackend, match=r"this one has 2.*TensorFlow with"):
        getattr(model, verb)(two_sets(), verbose=0)
    assert bits(model) == before


def test_a_model_of_one_task_is_refused_too(two_processes):
    trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    model = keras_mtl.transfer(trained, cut=0, head=2)
    with pytest.raises(UnsupportedBackend, match="group of processes"):
        model.fit(*two_sets()["sex"], verbose=0)


def test_each_process_of_a_group_predicts_by_itself(two_processes):
    trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    for model in (keras_mtl.transfer(trained, cut=0, head=2), sex_and_hair()):
        model.predict(two_sets()["sex"][0], verbose=0)


def test_a_process_without_a_group_trains():
    sex_and_hair().fit(two_sets(), verbose=0)

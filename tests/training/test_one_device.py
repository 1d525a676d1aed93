"""What a training leaves behind in the process."""

import gc

import keras
import numpy as np
import pytest

from keras_mtl import Head, MultiTaskModel, transfer
from keras_mtl.training.one_device import without_sums_over_devices

pytestmark = pytest.mark.backend("tensorflow", reason="the other backends keep no graphs")
X, Y = np.ones((8, 3), "float32"), np.arange(8) % 2
SUM = "_all_reduce_sum_gradients"


@pytest.fixture
def model():
    base = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(2)])
    return MultiTaskModel(transfer(base, 1, verify=False), {"a": Head(2), "b": Head(2)})


def graphs():
    gc.collect()
    return {id(one) for one in gc.get_objects() if type(one).__name__ == "FuncGraph"}


@pytest.mark.slow
def test_the_steps_of_tasks_are_let_go_with_the_model(model):
    before = graphs()
    model.fit({"a": (X, Y), "b": (X, Y)}, batch_size=4, verbose=0)
    assert len(graphs()) > len(before)
    model.compile()  # which drops the steps
    assert graphs() <= before


def test_every_optimizer_inside_another_is_reached(model):
    inner = model.optimizer.part_optimizers
    assert len(inner) == 3
    with without_sums_over_devices(model):
        assert all(SUM in vars(one) for one in inner)
    assert not any(SUM in vars(one) for one in inner)


def test_optimizers_on_several_devices_are_left_alone(model, monkeypatch):
    several = type("Several", (), {"num_replicas_in_sync": 2})()
    monkeypatch.setattr(type(model), "distribute_strategy", several)
    with without_sums_over_devices(model):
        assert not any(SUM in vars(one) for one in model.optimizer.part_optimizers)

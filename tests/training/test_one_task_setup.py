"""What a run of one task trains on, and what it holds out."""

import keras
import numpy as np
import pytest

from _rows import two_tasks
from keras_mtl import transfer
from keras_mtl.batches import indexed_rows
from keras_mtl.errors import InvalidTaskData
from keras_mtl.training.compiled_state import CompiledState
from keras_mtl.training.keras_loop import reason_for_keras_fit
from keras_mtl.training.one_task_setup import set_up_one_task
from keras_mtl.training.settings import Settings

ROWS = two_tasks(40)["sex"]


class Batches(keras.utils.PyDataset):
    num_batches = 4

    def __getitem__(self, index):
        return np.zeros((2, 4), "float32"), np.zeros(2, int)


@pytest.fixture
def model():
    trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2)])
    return transfer(trained, 1, head=2, verify=False)


def run(model, x, y=None, **settings):
    settings = Settings(validation_split=0.25, **settings)
    return set_up_one_task(CompiledState(model), x, y, settings, seed=3)


def passes(run):
    return [next(iter(data.sets.values())).one_pass() for data in (run.data, run.validation)]


def test_rows_that_are_read_in_batches_are_split_as_arrays_are(model, monkeypatch):
    arrays = run(model, *ROWS, batch_size=8)
    monkeypatch.setattr(indexed_rows, "IN_MEMORY", 0)
    for expected, found in zip(passes(arrays), passes(run(model, ROWS.batched(8))), strict=True):
        for first, second in zip(expected, found, strict=True):
            assert np.array_equal(first.x, second.x) and np.array_equal(first.y, second.y)


@pytest.mark.parametrize("steps", [4, 5])
def test_steps_are_compared_with_the_batches_that_the_split_leaves(model, steps, monkeypatch):
    monkeypatch.setattr(indexed_rows, "IN_MEMORY", 0)
    given = dict.fromkeys(("batch_size", "sample_weight", "class_weight", "validation_data"))
    given |= {"validation_split": 0.25, "steps_per_epoch": steps, "shuffle": True}
    given |= {"seed": 0, "backup": None}
    reason = reason_for_keras_fit(model, ROWS.batched(8), None, given)  # 30 rows in 4 batches
    assert (reason is None) is (steps == 4)


def test_other_batches_cannot_be_split(model):
    with pytest.raises(InvalidTaskData, match="Give `validation_data`"):
        run(model, Batches())

from itertools import islice

import keras
import numpy as np
import pytest

import keras_mtl
from _rows import two_tasks
from keras_mtl.batches import indexed_rows
from keras_mtl.batches.factory import joint_data, task_data
from keras_mtl.batches.indexed_source import IndexedData
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.errors import InvalidFeatures, InvalidLabels


@pytest.fixture
def streamed(monkeypatch):
    """No data are small enough to be read into arrays."""
    monkeypatch.setattr(indexed_rows, "IN_MEMORY", 0)


def same(first, second):
    leaves = zip(keras.tree.flatten(first), keras.tree.flatten(second), strict=True)
    return all((a is None and b is None) or np.array_equal(a, b) for a, b in leaves)


def test_batches_are_those_of_arrays_at_any_position(streamed):
    data = two_tasks()["hair"]
    read, arrays = (task_data("hair", one, batch_size=7, seed=3) for one in (data, tuple(data)))
    assert isinstance(read, IndexedData) and read.num_batches == arrays.num_batches
    for start in (0, 5, 2 * read.num_batches + 3):
        pairs = zip(read.batches(start), arrays.batches(start), strict=False)
        assert all(same(a, b) for a, b in islice(pairs, 12))
    assert all(same(*pair) for pair in zip(read.one_pass(2), arrays.one_pass(2), strict=True))
    some = np.array([9, 2, 40])
    assert same(read.batch_of(some), arrays.batch_of(some))
    halves = zip(read.split(0.25), arrays.split(0.25), strict=True)
    assert all(
        same(*pair) for a, b in halves for pair in zip(a.one_pass(), b.one_pass(), strict=True)
    )


def test_joint_labels_have_the_same_gaps(streamed):
    data = two_tasks()
    heads = {task: data.head(task) for task in data}
    read, arrays = (joint_data(one, heads, seed=1) for one in (data.joint(), tuple(data.joint())))
    assert all(same(*pair) for pair in zip(read.one_pass(1), arrays.one_pass(1), strict=True))


def test_fingerprints_tell_data_apart(streamed):
    first, again, other = (two_tasks(seed=seed)["hair"] for seed in (0, 0, 1))
    prints = [task_data("hair", one).fingerprint() for one in (first, again, other)]
    assert prints[0] == prints[1] != prints[2]
    assert task_data("hair", first, seed=5).fingerprint() != prints[0]


def test_what_does_not_fit_is_refused_before_any_batch(streamed):
    data = two_tasks()["hair"]
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)])
    with pytest.raises(InvalidFeatures, match=r"expected the shape \(None, 5\)"):
        task_data("hair", data, inputs=ModelInputs.of(model))
    with pytest.raises(InvalidLabels, match="`hair`"):
        task_data("hair", data, head=keras_mtl.Head(2))


def test_a_batch_size_may_be_that_of_the_data(streamed):
    data = two_tasks()["sex"]
    assert task_data("sex", data.batched(10)).num_batches == 9
    assert task_data("sex", data.batched(10), batch_size=45).num_batches == 2

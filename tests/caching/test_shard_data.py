import keras
import numpy as np
import pytest

from _fitting import SAMPLES
from _shards import SIZE, compute, directly, learnt, solvable, watched_passes, x, y
from keras_mtl.batches import indexed_rows
from keras_mtl.batches.recognise import recognise
from keras_mtl.caching.pass_data import pass_data
from keras_mtl.caching.shard_data import SAMPLES as SAMPLES_READ
from keras_mtl.caching.static_pass import StaticPass
from keras_mtl.caching.static_split import split_model
from keras_mtl.caching.storage.feature_cache import make_cache
from keras_mtl.datasets import from_arrays
from keras_mtl.engines.static_model import StaticModel
from keras_mtl.errors import InvalidFeatures


class Batches(keras.utils.PyDataset):
    """Eight batches of five and of four rows in turn, which notes those that are read."""

    def __init__(self, targets=y):
        super().__init__()
        self.targets = targets
        self.read = []

    @property
    def num_batches(self):
        return 8

    def __getitem__(self, index):
        self.read.append(index)
        rows = slice(5 * index, 5 * index + 5 - index % 2)
        return x[rows], self.targets[rows]


def test_streams_keep_their_batches_and_only_a_share_is_read(tmp_path, monkeypatch):
    passes = watched_passes(monkeypatch)
    data = Batches()
    compute(tmp_path, (1, 2), data)
    assert set(data.read) == {0, 1, 3, 5, 7}  # 0 tells the data from others
    compute(tmp_path, (0, 2), data)
    passes.clear()
    relabelled = Batches(2 - y)  # The labels are those of the training.
    kernel = learnt(tmp_path, relabelled, None)
    assert passes == []
    np.testing.assert_allclose(kernel, learnt("memory", relabelled, None), atol=1e-4)


@pytest.mark.parametrize("in_memory", [indexed_rows.IN_MEMORY, 0])
def test_rows_of_a_data_set_are_known_by_their_numbers(in_memory, tmp_path, monkeypatch):
    """Or by their values, where a training makes arrays of them."""
    passes = watched_passes(monkeypatch)
    monkeypatch.setattr(indexed_rows, "IN_MEMORY", in_memory)
    data = from_arrays({"x": x, "y": y}, "x", "y")["y"].batched(SIZE)
    read, reads = data.reader.read, []
    data.reader.read = lambda rows: reads.extend(rows.tolist()) or read(rows)
    for number in range(2):
        compute(tmp_path, (number, 2), data)
    assert len(reads) == SAMPLES + (2 * SAMPLES_READ if in_memory else 0)
    passes.clear()
    reads.clear()
    learnt(tmp_path, data, None)
    if in_memory:
        learnt(tmp_path, *data)
    assert passes == [] and bool(reads) == bool(in_memory)


@pytest.mark.backend("tensorflow", reason="it reads tf.data")
def test_a_tf_dataset_is_divided_though_its_length_is_not_known(tmp_path, monkeypatch):
    passes = watched_passes(monkeypatch)
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(5).filter(lambda *_: True)
    assert compute(tmp_path, (1, 3), data).missing == (0, 2)
    assert compute(tmp_path, None, data).num_rows == SAMPLES
    passes.clear()
    learnt(tmp_path, data, None)
    assert passes == []
    with pytest.raises(InvalidFeatures, match="another first batch each time"):
        compute(tmp_path, (0, 2), data.unbatch().shuffle(SAMPLES).batch(5))
    with pytest.raises(InvalidFeatures, match="has no end"):
        compute(tmp_path, (0, 2), data.repeat())


class WithoutLength:
    """Eight batches of five rows, whose number shows only at the end."""

    def __init__(self, changed=()):
        self.x = x + 0.5 * np.isin(np.arange(SAMPLES), changed)[:, None].astype("float32")

    def __iter__(self):
        return ((self.x[at : at + 5], y[at : at + 5]) for at in range(0, SAMPLES, 5))


def test_a_stream_is_compared_as_far_as_it_is_read(tmp_path, monkeypatch):
    compute(tmp_path, (0, 3), WithoutLength())
    compute(tmp_path, None, WithoutLength())
    ran, run = [], StaticModel.by_keras
    monkeypatch.setattr(StaticModel, "by_keras", lambda *given: ran.append(1) or run(*given))
    made, features = solvable(), directly(x[:5])
    reads = StaticPass(made, split_model(made), make_cache(tmp_path), 0)
    for steps, changed in ((1, ()), (4, ()), (4, 20), (None, ())):
        data = pass_data(made, recognise(WithoutLength(changed)), steps=steps)
        found = reads.store(data)
        assert len(found) == (steps or 8) and ran == []
        np.testing.assert_allclose(found[0][0], features, atol=1e-5)
    with pytest.warns(UserWarning, match="Shard 0 of 3 .* is computed anew"):
        reads.store(pass_data(made, recognise(WithoutLength(19)), steps=4))
    assert len(ran) == 3  # The batches 0, 3 and 6.


class ShuffledAtTheEnd(keras.utils.PyDataset):
    """Batches in the same order in the first pass only."""

    def __init__(self):
        super().__init__()
        self.order = np.arange(SAMPLES)

    def __len__(self):
        return SAMPLES // 5

    def __getitem__(self, index):
        rows = self.order[5 * index : 5 * index + 5]
        return x[rows], y[rows]

    def on_epoch_end(self):
        self.order = np.roll(self.order, 5)


def test_a_data_set_that_shuffles_itself_after_a_pass_is_refused(tmp_path):
    with pytest.raises(InvalidFeatures, match="another first batch each time"):
        compute(tmp_path, (0, 2), ShuffledAtTheEnd())

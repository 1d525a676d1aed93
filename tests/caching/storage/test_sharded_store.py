import numpy as np
import pytest

from keras_mtl.caching.storage import file_store
from keras_mtl.caching.storage.file_store import FileStore, FileWriter
from keras_mtl.caching.storage.shard import Shard, digest_column
from keras_mtl.caching.storage.sharded_store import RowRange, ShardedStore, StoreWithTargets
from keras_mtl.caching.storage.stores import MemoryStore

ROWS = np.random.default_rng(0).normal(size=(23, 2, 3)).astype("float32")
MASK = ROWS[:, :, 0] > 0
SIZE = 4  # Six batches, the last one of three rows.


def sharded(folder, count):
    shards = []
    for number in range(count):
        path = folder / str(number)
        path.mkdir()
        writer = FileWriter(path)
        for index in range(number, 6, count):
            rows = slice(SIZE * index, SIZE * index + SIZE)
            writer.append([ROWS[rows], MASK[rows], digest_column(bytes([index]) * 16)])
        writer.close()
        shards.append(Shard(FileStore.open(path)))
    return ShardedStore(shards, SIZE)


@pytest.mark.parametrize("count", [1, 2, 5, 6])
@pytest.mark.parametrize("small", [file_store.SMALL, 0])
def test_rows_are_those_of_the_data_in_any_order(count, small, tmp_path, monkeypatch):
    monkeypatch.setattr(file_store, "SMALL", small)
    store = sharded(tmp_path, count)
    order = np.random.default_rng(count).permutation(23)[:11]
    for column, expected in zip(store.columns(), (ROWS, MASK), strict=True):
        assert isinstance(column, np.ndarray) == bool(small) and len(column) == 23
        np.testing.assert_array_equal(column[order], expected[order])
    for column, expected in zip(RowRange(store, range(5, 20)).columns(), (ROWS, MASK), strict=True):
        assert len(column) == 15
        np.testing.assert_array_equal(column[np.arange(15)[::-1]], expected[5:20][::-1])
    for index in range(len(store)):
        np.testing.assert_array_equal(store[index][1], MASK[SIZE * index : SIZE * index + SIZE])


def test_targets_stand_behind_the_features(tmp_path):
    targets = MemoryStore()
    for index in range(6):
        targets.append([np.full(4, index)])
    both = StoreWithTargets(sharded(tmp_path, 2), targets)
    assert len(both) == 6 and [array[0].tolist() for array in both[4][1:]] == [MASK[16].tolist(), 4]
    for store in (both, ShardedStore([], None)):
        with pytest.raises(ValueError, match="one by one"):
            store.columns()

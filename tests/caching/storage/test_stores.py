import numpy as np

from keras_mtl.caching.storage.stores import MemoryStore


def test_batches_in_memory_are_counted_and_joined():
    store = MemoryStore()
    for start in (0, 2):
        store.append([np.arange(start, start + 2), np.ones((2, 3), "float32")])
    assert len(store) == 2
    assert store.nbytes == 2 * (2 * 8 + 6 * 4)
    assert store[1][0].tolist() == [2, 3]
    rows, ones = store.columns()
    assert rows.tolist() == [0, 1, 2, 3]
    assert ones.shape == (4, 3)

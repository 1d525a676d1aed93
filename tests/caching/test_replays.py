import keras
import numpy as np
import pytest

from keras_mtl.caching.replays import EpochAdapter, RowsAdapter, StoredBatches, adapter_for_columns
from keras_mtl.caching.storage.stores import MemoryStore
from keras_mtl.keras_private.data_adapters import ArrayDataAdapter

FEATURES = np.arange(40, dtype="float32").reshape(20, 2)
TARGETS = np.arange(10)


def epoch(adapter):
    """The batches that `fit` would see in one epoch."""
    make = {
        "tensorflow": adapter.get_tf_dataset,
        "jax": adapter.get_jax_iterator,
        "torch": adapter.get_torch_dataloader,
    }[keras.backend.backend()]
    adapter.on_epoch_begin()
    batches = [keras.tree.map_structure(keras.ops.convert_to_numpy, batch) for batch in make()]
    adapter.on_epoch_end()
    return batches


@pytest.mark.parametrize("shuffle", [True, False, "batch"])
def test_all_adapters_draw_the_order_of_keras(shuffle):
    features = FEATURES[:10]
    options = {"y": TARGETS, "batch_size": 4, "shuffle": shuffle}
    orders = []
    for adapter in (
        lambda: ArrayDataAdapter({"features": features}, **options),
        lambda: adapter_for_columns([features], 1, **options),
        lambda: RowsAdapter(ArrayDataAdapter(np.arange(10), **options), [features], 1),
    ):
        keras.utils.set_random_seed(1)
        made = epoch(adapter())
        for batch, target in made:
            np.testing.assert_array_equal(batch["features"], features[target])
        orders.append([target.tolist() for _, target in made])
    assert orders[0] == orders[1] == orders[2]
    assert [len(target) for target in orders[0]] == [4, 4, 2]


def test_which_adapter():
    options = {"y": TARGETS, "batch_size": 4}
    assert isinstance(adapter_for_columns([FEATURES[:10]], 1, **options), EpochAdapter)
    assert isinstance(adapter_for_columns([FEATURES], 2, **options), RowsAdapter)


def test_each_epoch_sees_the_next_view_of_the_rows():
    adapter = adapter_for_columns([FEATURES], 2, y=TARGETS, batch_size=4)
    for view in (0, 1, 0):
        for batch, target in epoch(adapter):
            np.testing.assert_array_equal(batch["features"], FEATURES[target + 10 * view])


def test_each_epoch_sees_the_next_view_of_the_batches():
    store = MemoryStore()
    for start in range(0, 20, 5):
        store.append([FEATURES[start : start + 5], np.arange(start, start + 5)])
    batches = StoredBatches(store, (None,), 2)
    assert batches.num_batches == 2
    for view in (0, 1, 0):
        batches.on_epoch_begin()
        features, targets = batches[1]
        assert targets[0] == 10 * view + 5
        np.testing.assert_array_equal(features["features"], FEATURES[targets])


def test_the_structure_of_the_targets_comes_back():
    store = MemoryStore()
    store.append([FEATURES, np.zeros(20), np.ones(20), np.arange(20)])
    inputs, targets, weights = StoredBatches(store, ({"a": None, "b": None}, None), 1)[0]
    assert set(inputs) == {"features"}
    assert targets["b"][0] == 1
    assert weights[3] == 3

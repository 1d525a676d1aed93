"""What trains on features on several devices."""

import keras
import numpy as np
import pytest

from _told_workers import ToldWorkers, same
from keras_mtl.caching import replica_training
from keras_mtl.caching.replays import RowsAdapter, StoredBatches
from keras_mtl.caching.replica_training import evaluate_on_replicas, train_on_replicas
from keras_mtl.caching.storage.stores import MemoryStore
from keras_mtl.keras_private.data_adapters import ArrayDataAdapter, PyDatasetAdapter
from keras_mtl.training.distribution.workers import ALONE

FEATURES = np.arange(20, dtype="float32").reshape(10, 2)
LABELS = np.arange(10) % 3
WEIGHTS = {0: 5.0, 2: 0.5}


class Part:
    whole = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])


def stream(*targets, class_weight=None):
    store = MemoryStore()
    for rows in (slice(0, 6), slice(6, 10)):
        store.append([FEATURES[rows], *(target[rows] for target in targets)])
    batches = StoredBatches(store, (None,) * len(targets), 1)
    return PyDatasetAdapter(batches, class_weight=class_weight, shuffle=False)


@pytest.fixture
def given(monkeypatch):
    """What the loop is given, by training and by scoring."""
    monkeypatch.setattr(replica_training, "workers_of", lambda model: ALONE)
    monkeypatch.setattr(replica_training, "PartState", lambda *parts: None)
    monkeypatch.setattr(replica_training, "fit_one_task", lambda state, x, y, settings: (x, y))
    monkeypatch.setattr(replica_training, "evaluate_one_task", lambda state, x, y, **_: (x, y))
    length = {"epochs": 1, "initial_epoch": 0, "steps_per_epoch": None, "validation_freq": 1}
    options = {"validation": None, "batch_size": 4, "verbose": 0, **length}
    return lambda data, **more: [
        train_on_replicas(Part, data, None, **{**options, **more}),
        evaluate_on_replicas(Part, data),
    ]


def test_the_weights_of_classes_come_with_the_batches_of_a_stream(given):
    for batches, y in given(stream(LABELS, class_weight=WEIGHTS)):
        assert isinstance(batches, keras.utils.PyDataset) and y is None
        assert np.array_equal(batches[1][2], np.float32([5, 1, 0.5, 5]))
        assert batches.num_batches == 2


def test_weights_of_rows_and_of_classes_exclude_each_other(given):
    with pytest.raises(ValueError, match="leave one of them out"):
        given(stream(LABELS, np.ones(10), class_weight=WEIGHTS))


@pytest.mark.parametrize("index", [0, 1])
def test_the_chief_alone_shows_a_bar(given, index, monkeypatch):
    settings = []
    monkeypatch.setattr(
        replica_training, "workers_of", lambda model: ToldWorkers(same, index=index)
    )
    monkeypatch.setattr(replica_training, "fit_one_task", lambda *run: settings.append(run[-1]))
    given(stream(LABELS), verbose=1)
    kinds = [type(one).__name__ for one in settings[0].callbacks.callbacks]
    assert ("ProgbarLogger" in kinds) is (index == 0)


def test_rows_in_files_train_in_the_batches_that_were_asked_for(given):
    rows = ArrayDataAdapter(np.arange(10), y=LABELS, batch_size=7)  # of the reading
    for x, y in given(RowsAdapter(rows, [FEATURES], 1)):
        assert np.array_equal(x["features"], FEATURES) and np.array_equal(y, LABELS)

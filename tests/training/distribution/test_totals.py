"""How many rows and labels of a batch are those of a worker."""

from types import SimpleNamespace

import numpy as np
import pytest

pytestmark = pytest.mark.backend("tensorflow", reason="`tf.distribute` is TensorFlow's")
MASK = np.array([True, False, True, True, False, False, True])


def of_worker(index, workers, mask, *, own=False):
    """The rows of a worker, and how many have a label: one device each."""
    import tensorflow as tf

    from keras_mtl.training.distribution import totals

    step = SimpleNamespace(
        state=SimpleNamespace(workers=SimpleNamespace(index=index, size=workers))
    )
    rows = tf.constant(len(MASK), tf.int64)
    start, stop = totals._window(step, rows, own=own)
    return int(stop - start), float(totals._labelled_rows(mask, start, stop))


@pytest.fixture(autouse=True)
def devices(monkeypatch):
    import tensorflow as tf

    def strategy():
        return SimpleNamespace(num_replicas_in_sync=devices.count)

    devices = SimpleNamespace(count=1)
    monkeypatch.setattr(tf.distribute, "get_strategy", strategy)
    return devices


@pytest.mark.parametrize("workers", [1, 2, 3, 5, 9])
def test_the_workers_together_have_every_row_and_label_once(devices, workers):
    devices.count = workers
    found = [of_worker(index, workers, MASK) for index in range(workers)]
    assert np.sum(found, axis=0).tolist() == [len(MASK), MASK.sum()]


def test_labels_of_parts_of_rows_count_in_parts(devices):
    devices.count = 2
    parts = np.repeat(MASK[:, None], 4, axis=1)
    parts[0, 1:] = False
    found = [of_worker(index, 2, parts) for index in range(2)]
    assert np.sum(found, axis=0).tolist() == [len(MASK), MASK.sum() - 0.75]


def test_a_batch_of_its_own_counts_whole_with_or_without_a_mask():
    assert of_worker(1, 2, None, own=True) == (7, 7.0)
    assert of_worker(1, 2, MASK, own=True) == (7, 4.0)

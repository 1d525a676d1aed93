"""Each worker reads the rows of its own devices."""

import numpy as np
import pytest

from keras_mtl.training.own_share import own_places


@pytest.mark.parametrize(("workers", "devices"), [(1, 1), (2, 1), (3, 1), (2, 2), (4, 3)])
@pytest.mark.parametrize("rows", [1, 2, 5, 24])
def test_the_workers_read_every_row_and_pad_with_the_first_ones(workers, devices, rows):
    replicas = workers * devices
    read = [own_places(index, workers, replicas, rows) for index in range(workers)]
    assert len({len(places) for places in read}) == 1
    every = np.concatenate(read)
    assert np.array_equal(every, np.arange(len(every)) % rows)
    assert set(every) == set(range(rows))
    assert len(every) < rows + replicas  # No more padding than one row for each device.

"""The part of each batch that one of several workers reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.indexed_rows import IndexedRows
from keras_mtl.batches.indexed_source import IndexedData
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.training.distribution.workers import Workers


def read_in_batches(workers: Workers, data: Any) -> Any:
    """Return data whose labelled rows are read batch by batch where there are several workers.

    Args:
        workers: The workers.
        data: Data as `fit` takes them: labelled rows, a dict of them by task, or others, which are
            returned as they are.
    """
    if workers.size == 1:
        return data
    if isinstance(data, IndexedRows):
        return data.in_batches()
    if isinstance(data, Mapping):
        return {task: read_in_batches(workers, one) for task, one in data.items()}
    return data


def own_shares(workers: Workers, sets: Mapping[str, TaskData]) -> dict[str, TaskData]:
    """Return data sets of which a worker reads only the inputs that it computes with."""
    if workers.size == 1:
        return dict(sets)
    places = partial(own_places, workers.index, workers.size, workers.replicas)
    return {
        name: one.reading(places) if isinstance(one, IndexedData) else one
        for name, one in sets.items()
    }


def read_by_each(workers: Workers, sets: Mapping[str, TaskData]) -> dict[str, bool]:
    """Return the data sets that each worker reads for itself, and whether it has its own batches.

    Rows in memory, and rows that are read by their numbers, are drawn by the seed alone, and their
    labels have been compared. A stream may give other batches on each worker, such as one that is
    shuffled without a seed.
    """
    if workers.size == 1:
        return {}
    return {name: one.is_own_share for name, one in sets.items() if not isinstance(one, ArrayData)}


def own_places(index: int, workers: int, replicas: int, rows: int) -> np.ndarray:
    """Return the places in a batch that the devices of a worker take, one device after the other.

    All devices take as many; the last ones begin again with the first rows, see
    `distribution/sharding.py`.

    Args:
        index: The number of the worker.
        workers: The number of workers.
        replicas: The number of devices of all of them.
        rows: The number of rows of the batch.
    """
    share = -(-rows // replicas) * (replicas // workers)
    places: np.ndarray = (index * share + np.arange(share)) % rows
    return places

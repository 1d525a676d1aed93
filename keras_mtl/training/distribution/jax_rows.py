"""The rows of batches on several devices of one JAX process or of several.

A step is one program over all devices, so what it computes of a batch (means, statistics of
BatchNormalization, metrics) is of all its rows, as in one process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import keras
import numpy as np

from keras_mtl.batches.batch import Batch, OwnRows
from keras_mtl.training.distribution.jax_devices import JaxDevices


@partial(jax.tree_util.register_dataclass, data_fields=["batch"], meta_fields=["rows"])
@dataclass(frozen=True)
class SharedBatch:
    """A batch whose rows lie on the devices of all processes.

    Attributes:
        batch: Its arrays, with rows at the end that make their number a multiple of the devices'.
        rows: The number of its rows without those.
    """

    batch: Batch
    rows: int


def compiled_over(workers: JaxDevices, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a compiled function of all processes, whose results each of them has whole.

    Args:
        workers: The processes.
        function: Takes values of variables, batches by name and more, and returns arrays.
    """

    def of_shared(values: Any, shared: Mapping[str, SharedBatch], *more: Any) -> Any:
        return function(values, {k: _whole(workers, one) for k, one in shared.items()}, *more)

    # Else the compiler chooses where the results lie, and none of the processes could read them.
    compiled = jax.jit(of_shared, out_shardings=workers.replicated)

    def call(values: Any, batches: Mapping[str, Batch], *more: Any) -> Any:
        return compiled(values, {k: shared(workers, one) for k, one in batches.items()}, *more)

    return call


def shared(workers: JaxDevices, batch: Batch) -> SharedBatch:
    """Return a batch, of which each process puts the rows of its devices there."""
    rows, own = batch.num_rows, None
    if isinstance(batch.x, OwnRows):
        own = keras.tree.map_structure(partial(_of_own, workers, rows), batch.x.values)
        batch = batch._replace(x=None)
    spread = keras.tree.map_structure(partial(_of_all, workers), batch)
    return SharedBatch(spread if own is None else spread._replace(x=own), rows)


def _of_all(workers: JaxDevices, values: Any) -> Any:
    if values is None:
        return None
    values = np.asarray(values)
    rows = len(values)

    def part(index: tuple[slice, ...]) -> np.ndarray:
        start, stop, _ = index[0].indices(_padded(workers, rows))
        return values[np.arange(start, stop) % rows]

    return _global(workers, values, rows, part)


def _of_own(workers: JaxDevices, rows: int, values: Any) -> Any:
    """Return the array of which a process has read the rows of its devices, see `own_places`."""
    values = np.asarray(values)
    first = workers.index * len(values)

    def part(index: tuple[slice, ...]) -> np.ndarray:
        start, stop, _ = index[0].indices(_padded(workers, rows))
        return values[start - first : stop - first]

    return _global(workers, values, rows, part)


def _global(workers: JaxDevices, values: np.ndarray, rows: int, part: Callable[..., Any]) -> Any:
    dtype = jax.dtypes.canonicalize_dtype(values.dtype)
    shape = (_padded(workers, rows), *values.shape[1:])
    return jax.make_array_from_callback(
        shape, workers.rows, lambda index: part(index).astype(dtype, copy=False)
    )


def _padded(workers: JaxDevices, rows: int) -> int:
    return -(-rows // workers.replicas) * workers.replicas


def _whole(workers: JaxDevices, shared: SharedBatch) -> Batch:
    """Return the rows of a batch without those at the end, in a compiled function."""

    def rows_of(values: Any) -> Any:
        # The compiler spreads a number of rows that does not divide, and counts no row twice.
        return jax.lax.with_sharding_constraint(values[: shared.rows], workers.rows)

    batch: Batch = jax.tree.map(rows_of, shared.batch)
    return batch

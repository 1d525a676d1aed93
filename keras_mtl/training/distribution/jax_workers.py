"""Several JAX processes as workers: those over whose devices Keras distributes a model."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import jax
import keras
import numpy as np
from jax.experimental.multihost_utils import broadcast_one_to_all, process_allgather
from jax.sharding import NamedSharding, PartitionSpec

from keras_mtl.errors import InvalidCluster
from keras_mtl.training.distribution.workers import ALONE, Workers

SHORTEST = 64
"""Bytes of the shortest message; longer ones double, as each length is compiled once."""
SIGNS = re.compile(r"gloo|nccl|collective|connection|socket|peer|heartbeat|coordination", re.I)
"""Words of which each error of a computation has one that waits for a process that is gone."""
OTHER_CAUSES = re.compile("RESOURCE_EXHAUSTED|INVALID_ARGUMENT")


def jax_workers(model: keras.Model) -> Workers:
    """Return the processes that train a model together under `keras.distribution.DataParallel`.

    Raises:
        InvalidCluster: The model was made without the distribution, or for another one.
    """
    if jax.process_count() == 1:
        return ALONE
    distribution = keras.distribution.distribution()
    rows = sharding_of_rows(distribution)
    if distribution is not None and rows is None:
        return ALONE
    spread = [v for v in model.variables if not v.value.is_fully_addressable]
    if rows is None:
        if spread:
            raise InvalidCluster(
                f"`{model.name}` was made under a `keras.distribution` over {jax.process_count()} "
                "processes, and none is set: call `keras.distribution.set_distribution` again."
            )
        return ALONE
    if len(spread) < len(model.variables):
        raise InvalidCluster(
            f"`{model.name}` was made before the `keras.distribution` of these "
            f"{jax.process_count()} processes was set, so each process has weights of its own. "
            "Make the model after `keras.distribution.set_distribution`."
        )
    return _workers_of(rows)


def sharding_of_rows(distribution: Any) -> NamedSharding | None:
    """Return how the rows of a batch lie on the devices of all processes.

    None for a distribution that is no `DataParallel` over all devices, in the order of their
    processes, or whose data sets are shares of the processes already.
    """
    if not isinstance(distribution, keras.distribution.DataParallel):
        return None
    if not distribution.auto_shard_dataset:
        return None
    rows: NamedSharding = distribution.get_data_layout([None]).backend_layout
    whole = list(rows.mesh.devices.flat) == jax.devices() and rows.mesh.devices.ndim == 1
    # A process reads the rows of its devices by its number.
    owners = [device.process_index for device in jax.devices()]
    in_order = owners == sorted(owners) and len(set(Counter(owners).values())) == 1
    return rows if whole and in_order else None


@cache
def _workers_of(rows: NamedSharding) -> Workers:
    """Return the workers, the same object each time: it knows whether it is watched."""
    return JaxWorkers(rows)


class JaxWorkers(Workers):
    """The processes whose devices share the rows of a batch.

    Args:
        rows: How the rows of a batch lie on the devices.

    Attributes:
        rows: As above.
        replicated: How values lie there that each device has.
    """

    # To assign a value is to compare it on all processes.
    assigns_alone = False

    def __init__(self, rows: NamedSharding) -> None:
        self.rows = rows
        self.replicated = NamedSharding(rows.mesh, PartitionSpec())
        # JAX tells no addresses.
        self.addresses = tuple(f"process {index}" for index in range(jax.process_count()))
        self.index = jax.process_index()
        self.replicas = jax.device_count()
        self._is_watched = False

    def name_of(self, index: int) -> str:
        """Return what messages call a worker."""
        return self.addresses[index]

    def exchanged(self, value: Any) -> list[Any]:
        """Return what each worker has passed, as JSON holds it."""
        content = np.frombuffer(json.dumps(value).encode(), np.uint8)
        sizes = process_allgather(np.asarray([len(content)], np.int32)).ravel()
        padded = np.zeros(_power_of_two(int(sizes.max())), np.uint8)
        padded[: len(content)] = content
        texts = process_allgather(padded)
        return [json.loads(text[:size].tobytes()) for text, size in zip(texts, sizes, strict=True)]

    def from_chief(self, values: np.ndarray) -> np.ndarray:
        """Return what the chief has passed, bit for bit."""
        values = np.ascontiguousarray(values)
        shape = self.exchanged(list(values.shape))[0]
        # As bytes: JAX would make 32 bits of numbers with 64.
        content = np.zeros(int(np.prod(shape, dtype=np.int64)) * values.itemsize, np.uint8)
        if self.is_chief:
            content = np.frombuffer(values.tobytes(), np.uint8)
        content = np.asarray(broadcast_one_to_all(content)) if len(content) else content
        return content.view(values.dtype).reshape(shape)

    @contextmanager
    def watched(self, backup: Any = None) -> Iterator[None]:
        """Raise one sentence where another worker has ended; at the end wait for all others."""
        if self._is_watched:  # One verb that calls another one.
            yield
            return
        self._is_watched = True
        try:
            yield
            self.exchanged(None)
        except jax.errors.JaxRuntimeError as error:
            if not SIGNS.search(str(error)) or OTHER_CAUSES.search(str(error)):
                raise
            raise self.lost([], backup) from error  # JAX does not tell which one.
        finally:
            self._is_watched = False


def _power_of_two(size: int) -> int:
    return max(SHORTEST, 1 << (size - 1).bit_length())

"""Devices of JAX over which `keras.distribution.DataParallel` spreads the rows of a batch."""

from __future__ import annotations

from collections import Counter
from typing import Any

import jax
import keras
from jax.sharding import NamedSharding, PartitionSpec

from keras_mtl.training.distribution.workers import Workers


class JaxDevices(Workers):
    """Devices that share the rows of a batch, all of them of this process.

    Args:
        rows: How the rows of a batch lie on the devices.

    Attributes:
        rows: As above.
        replicated: How values lie there that each device has.
    """

    def __init__(self, rows: NamedSharding) -> None:
        self.rows = rows
        self.replicated = NamedSharding(rows.mesh, PartitionSpec())
        self.replicas = rows.num_devices


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

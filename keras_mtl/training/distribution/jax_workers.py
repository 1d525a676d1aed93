"""Several JAX processes as workers: those over whose devices Keras distributes a model."""

from __future__ import annotations

import atexit
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from typing import Any

import jax
import keras
import numpy as np
from jax.experimental.multihost_utils import broadcast_one_to_all, process_allgather
from jax.sharding import NamedSharding

from keras_mtl.errors import InvalidCluster, WorkerLost
from keras_mtl.training.distribution.jax_coordination import leave_at_once, own_host
from keras_mtl.training.distribution.jax_devices import JaxDevices, sharding_of_rows
from keras_mtl.training.distribution.last_words import LastWords
from keras_mtl.training.distribution.own_port import OwnPort
from keras_mtl.training.distribution.peers import PeerWatch, is_there
from keras_mtl.training.distribution.workers import ALONE, Workers

SHORTEST = 64
"""Bytes of the shortest message; longer ones double, as each length is compiled once."""
SIGNS = re.compile(
    "^(ABORTED|CANCELLED|DEADLINE_EXCEEDED|FAILED_PRECONDITION|INTERNAL|UNAVAILABLE|UNKNOWN): "
    ".*(gloo|nccl|collective|connection|socket|peer|heartbeat|coordination)",
    re.I | re.S,
)
"""The form of the errors of computations that wait for a process that is gone."""
TO_END = 10.0
"""Seconds that process 0 waits for the others to end after one of them is gone: when it ends, JAX
aborts those that are left."""


def jax_workers(model: keras.Model) -> Workers:
    """Return the processes that train a model together under `keras.distribution.DataParallel`.

    Raises:
        InvalidCluster: The model was made without the distribution, or for another one.
    """
    distribution = keras.distribution.distribution()
    rows = sharding_of_rows(distribution)
    if jax.process_count() == 1:
        return ALONE if rows is None or rows.num_devices == 1 else _the_one(JaxDevices, rows)
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
    return _the_one(JaxWorkers, rows)


@cache
def _the_one(kind: type[JaxDevices], rows: NamedSharding) -> Workers:
    """Return the same object each time: that of several processes knows whether it is watched."""
    return kind(rows)


class JaxWorkers(JaxDevices):
    """The processes whose devices share the rows of a batch.

    Args:
        rows: How the rows of a batch lie on the devices.
    """

    # Where Keras assigns a value, JAX compares it on all processes.
    assigns_alone = False

    def __init__(self, rows: NamedSharding) -> None:
        super().__init__(rows)
        # JAX tells no addresses.
        self.addresses = tuple(f"process {index}" for index in range(jax.process_count()))
        self.index = jax.process_index()
        self._watch: PeerWatch | None = None
        self._last_words = LastWords()
        self._port: OwnPort | None = None
        self._is_together = True
        atexit.register(self._end)  # Later than JAX, so it runs before what JAX does at the end.

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
        if self._watch is not None:  # One verb that calls another one.
            yield
            return
        self._watch = watch = PeerWatch({})
        self._is_together = False
        try:
            self._watch = watch = PeerWatch(self._peers)
            watch.start()
            self._last_words.prepare(
                {at: str(self.lost([index], backup)) for index, at in self._peers.items()}
            )
            yield
            self.exchanged(None)
            self._is_together = True
            self._last_words.prepare({})
        # The errors of JAX are of two classes, by the place where they come up.
        except (KeyboardInterrupt, RuntimeError, SystemError, ValueError) as error:
            if not SIGNS.match(str(error)) and not watch.caused(error):
                raise
            raise self._left_behind(backup) from None  # Its traceback names parts of JAX.
        finally:
            self._watch = None
            watch.stop()

    @cached_property
    def _peers(self) -> dict[int, str]:
        """The addresses of the other workers that this one can reach, by their positions."""
        host = own_host()
        self._port = None if host is None else OwnPort(host)
        every = enumerate(self.exchanged(self._port and self._port.address))
        return {i: at for i, at in every if at and i != self.index and is_there(at)}

    def _left_behind(self, backup: Any) -> WorkerLost:
        """Return the error that another worker has ended."""
        peers = vars(self).get("_peers", {})
        gone = [index for index, at in peers.items() if not is_there(at)]
        if 0 in gone:  # JAX aborts this process in a moment, with a long message.
            self._last_words.insist()
        return self.lost(gone, backup)

    def _end(self) -> None:
        """End without the others where one has ended, or this one has left them in a verb.

        They wait for this one then, until its connections are closed. The process that hosts the
        coordination service ends last, if they end soon.
        """
        if self._is_together:
            return
        leave_at_once()
        if self._port is not None:
            self._port.close()
        peers = vars(self).get("_peers", {})
        end = time.monotonic() + TO_END
        while self.is_chief and time.monotonic() < end and any(map(is_there, peers.values())):
            time.sleep(0.1)


def _power_of_two(size: int) -> int:
    return max(SHORTEST, 1 << (size - 1).bit_length())

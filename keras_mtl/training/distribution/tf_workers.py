"""The workers of `tf.distribute.MultiWorkerMirroredStrategy`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

from keras_mtl.training.distribution.lost_worker import lost_worker
from keras_mtl.training.distribution.peers import PeerWatch
from keras_mtl.training.distribution.tf_config import OTHERS, check_cluster
from keras_mtl.training.distribution.workers import ALONE, Workers

PIECE = 2**24
"""Numbers in one message, so that a large array needs little memory on its way."""


@cache
def _workers_of(strategy: tf.distribute.Strategy, addresses: tuple[str, ...]) -> Workers:
    """Return the workers of a strategy, the same object each time: it has compiled functions."""
    return TensorFlowWorkers(strategy, addresses)


def tensorflow_workers(strategy: tf.distribute.Strategy, *, checked: bool = True) -> Workers:
    """Return the workers of a strategy; of an evaluator, which trains with none, itself.

    Args:
        strategy: The strategy.
        checked: Whether to refuse a process that is alone though `TF_CONFIG` names several.

    Raises:
        InvalidCluster: `TF_CONFIG` names others.
    """
    resolver = strategy.cluster_resolver
    jobs = resolver.cluster_spec().as_dict() if resolver else {}
    addresses = [*jobs.get("chief", ()), *jobs.get("worker", ())]
    is_alone = len(addresses) < 2 or resolver.task_type in OTHERS
    if checked or not is_alone:
        check_cluster(addresses)
    return ALONE if is_alone else _workers_of(strategy, tuple(addresses))


class TensorFlowWorkers(Workers):
    """The workers of a strategy.

    Args:
        strategy: The strategy.
        addresses: Their addresses, that of the chief first.
    """

    def __init__(self, strategy: tf.distribute.Strategy, addresses: tuple[str, ...]) -> None:
        resolver = strategy.cluster_resolver
        self.addresses = addresses
        # With a job "chief" the first task of the job "worker" is the second worker.
        chiefs = len(resolver.cluster_spec().as_dict().get("chief", ()))
        self.first_of_job = {"chief": 0, "worker": chiefs}
        self.index = resolver.task_id + self.first_of_job[resolver.task_type]
        self.replicas = strategy.num_replicas_in_sync
        self._strategy = strategy
        self._peers: PeerWatch | None = None
        # For any number of values, or each exchange would be traced; eagerly it would be slow.
        signature = [tf.TensorSpec([None], tf.float32)]
        self._sum = tf.function(self._sum_in_graph, signature, autograph=False)

    def exchanged(self, value: Any) -> list[Any]:
        """Return what each worker has passed, as JSON holds it."""
        content = np.frombuffer(json.dumps(value).encode(), np.uint8)
        sizes = np.zeros(self.size)
        sizes[self.index] = len(content)
        sizes = self._summed(sizes)
        every = np.zeros([self.size, int(sizes.max())])
        every[self.index, : len(content)] = content
        texts = self._summed(every).astype(np.uint8)
        return [
            json.loads(text[: int(size)].tobytes()) for text, size in zip(texts, sizes, strict=True)
        ]

    def any(self, flag: bool) -> bool:
        """Return whether any worker has passed True."""
        return bool(self._summed(np.asarray([flag], np.float32))[0])

    def from_chief(self, values: np.ndarray) -> np.ndarray:
        """Return what the chief has passed, bit for bit."""
        values = np.ascontiguousarray(values)
        shape = self.exchanged(list(values.shape))[0]
        mine = np.frombuffer(values.tobytes(), np.uint8)
        pieces = []
        size = int(np.prod(shape, dtype=np.int64)) * values.itemsize
        for start in range(0, size, PIECE):
            length = min(PIECE, size - start)
            piece = mine[start : start + length] if self.is_chief else np.zeros(length)
            pieces.append(self._summed(np.asarray(piece)).astype(np.uint8))
        content = np.concatenate([np.empty(0, np.uint8), *pieces])
        return content.view(values.dtype).reshape(shape)

    def scope(self) -> AbstractContextManager[Any]:
        """Return the scope of the strategy."""
        scope: AbstractContextManager[Any] = self._strategy.scope()
        return scope

    @contextmanager
    def watched(self, backup: Any = None) -> Iterator[None]:
        """Raise one sentence where another worker has ended; at the end wait for all others."""
        if self._peers is not None:  # One verb that calls another one.
            yield
            return
        others = {i: name for i, name in enumerate(self.addresses) if i != self.index}
        self._peers = peers = PeerWatch(others)
        peers.start()
        try:
            with self._lost_in_an_operation(backup):
                yield
                # None ends its process while another one is still within, which looks at it.
                self.exchanged(None)
        except (KeyboardInterrupt, RuntimeError, SystemError) as error:
            if peers.lost is None or not peers.caused(error):
                raise
            raise self.lost([peers.lost], backup) from None
        finally:
            self._peers = None
            peers.stop()

    @contextmanager
    def _lost_in_an_operation(self, backup: Any) -> Iterator[None]:
        try:
            yield
        except tf.errors.OpError as error:
            found = lost_worker(error, self, backup)
            if found is None:
                raise
            raise found from None  # The traceback of TensorFlow names operations of the graph.

    def _summed(self, values: np.ndarray) -> np.ndarray:
        """Return the sum over the workers."""
        # In single precision, which every collective of every device knows; whole numbers up to
        # 2**24 are exact in it.
        flat = tf.constant(np.reshape(values, -1), tf.float32)
        with self._strategy.scope():
            total: np.ndarray = self._sum(flat).numpy()
        return total.reshape(values.shape)

    def _sum_in_graph(self, values: Any) -> Any:
        here = self.replicas // self.size

        def add() -> Any:
            context = tf.distribute.get_replica_context()
            is_first = tf.equal(tf.cast(context.replica_id_in_sync_group, tf.int32) % here, 0)
            own = tf.where(is_first, values, tf.zeros_like(values))
            return context.all_reduce(tf.distribute.ReduceOp.SUM, own)

        summed = self._strategy.run(add)
        return self._strategy.experimental_local_results(summed)[0]

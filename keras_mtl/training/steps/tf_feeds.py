"""Where a compiled loop on TensorFlow takes its batches from."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.reading import OneTask, SeveralTasks
from keras_mtl.batches.streams import TfDatasetData
from keras_mtl.heads.head import Head
from keras_mtl.training.steps.tf_checks import checked_labels, missing_labels


class Layout(ABC):
    """How the arguments of the compiled loop hold batches; outlives the data, as the loop does."""

    @property
    @abstractmethod
    def signature(self) -> Any:
        """The types of the arguments, which do not change from call to call."""

    @property
    @abstractmethod
    def key(self) -> str:
        """What the arguments stand for, where their types do not tell."""

    @abstractmethod
    def batch(self, arguments: Any, index: Any) -> Batch:
        """Inside the loop: the batch with an index among those that it was called for."""


class Feed(ABC):
    """The batches of one data set."""

    layout: Layout

    def open(self, positions: range) -> None:  # noqa: B027 (rows in memory need nothing)
        """Get ready for the batches at these positions, the only ones that are asked for."""

    def close(self) -> None:  # noqa: B027 (rows in memory need nothing)
        """Let go of what `open` got ready."""

    @abstractmethod
    def sample(self) -> Batch:
        """A batch of the right shapes and dtypes."""

    @abstractmethod
    def arguments(self, positions: range) -> Any:
        """What the compiled loop is called with for the batches at these positions."""


class RowsFeed(Feed):
    """Rows in memory, gathered inside the loop."""

    def __init__(self, data: ArrayData) -> None:
        self._data = data
        flat = keras.tree.flatten(data.whole)
        self._tensors = [tf.convert_to_tensor(values) for values in flat if values is not None]
        self.layout = RowsLayout(data.whole, self._tensors)

    def sample(self) -> Batch:
        """The first row."""
        return self._data.whole.rows(np.array([0]))

    def arguments(self, positions: range) -> Any:
        """All rows, the rows of the batches one after the other, and where each batch ends."""
        blocks = self._data.row_blocks(positions)
        rows = np.concatenate([np.empty(0, np.int64), *blocks])
        ends = np.cumsum([0, *map(len, blocks)])
        return self._tensors, tf.constant(rows, tf.int64), tf.constant(ends, tf.int64)


class RowsLayout(Layout):
    """All rows, and which of them are in which batch."""

    def __init__(self, whole: Batch, tensors: list[Any]) -> None:
        self._there = keras.tree.map_structure(lambda values: values is not None, whole)
        self._rows = [tf.TensorSpec([None, *t.shape[1:]], t.dtype) for t in tensors]

    @property
    def signature(self) -> Any:
        """Any number of rows."""
        vector = tf.TensorSpec([None], tf.int64)
        return self._rows, vector, vector

    @property
    def key(self) -> str:
        """Which tasks have weights and masks."""
        return str(self._there)

    def batch(self, arguments: Any, index: Any) -> Batch:
        """The rows of one batch."""
        tensors, rows, ends = arguments
        chosen = rows[ends[index] : ends[index + 1]]
        gathered = iter([tf.gather(tensor, chosen) for tensor in tensors])
        return keras.tree.map_structure(
            lambda there: next(gathered) if there else None, self._there
        )


class DatasetFeed(Feed):
    """A `tf.data.Dataset`, iterated inside the loop, again and again."""

    def __init__(self, data: TfDatasetData) -> None:
        self._dataset = data.dataset
        self._one_pass = range(data.num_batches or 0)
        self._iterators: list[Any] = []
        self.layout = DatasetLayout(data)

    def open(self, positions: range) -> None:
        """Begin with the first one; no batch after the last one is got ready in vain."""
        batches = self._dataset
        if positions != self._one_pass:  # Each new data set costs 10 ms until it is optimised.
            batches = batches.repeat().skip(positions.start).take(len(positions))
        self._iterators = [iter(batches)]

    def close(self) -> None:
        """Let go of the iterator, without waiting until it is gone.

        That can take as long as the pause between two tunings of its threads: they double up to
        a minute, and one who stops often misses the call that wakes it.
        """
        threading.Thread(target=self._iterators.clear).start()

    def sample(self) -> Batch:
        """A row of zeros: the first one would have to be read from the data."""
        x, y, *_ = self._dataset.element_spec
        return Batch(*keras.tree.map_structure(_zeros, (x, y)))

    def arguments(self, positions: range) -> Any:
        """The iterator, which is asked for one batch after the other."""
        return self._iterators[0]


class DatasetLayout(Layout):
    """An iterator over batches as the user made them."""

    def __init__(self, data: TfDatasetData) -> None:
        self._spec = data.dataset.element_spec
        self._reader = data.reader

    @property
    def signature(self) -> Any:
        """The iterator's own type."""
        return tf.data.IteratorSpec(self._spec)

    @property
    def key(self) -> str:
        """The types tell."""
        return "iterator"

    def batch(self, arguments: Any, index: Any) -> Batch:
        """The next batch; an iterator gives them in the order of the indices."""
        del index
        x, y, *rest = arguments.get_next()
        weights = keras.tree.map_structure(_in_floatx, rest[0]) if rest else None
        if isinstance(self._reader, OneTask):
            labels, mask = _read(y, self._reader.name, self._reader.head)
            return Batch(x, labels, weights, mask)
        assert isinstance(self._reader, SeveralTasks)
        heads = self._reader.heads
        read = {task: _read(y[task], task, head) for task, head in heads.items()}
        by_task = weights if isinstance(weights, dict) else dict.fromkeys(y, weights)
        return Batch(
            x,
            {task: labels for task, (labels, _) in read.items()},
            {task: by_task.get(task) for task in y},
            {task: mask for task, (_, mask) in read.items()},
        )


def feed_of(data: Any, *, jit: bool) -> Feed | None:
    """The feed of a data set that a compiled loop can read itself; XLA reads no `tf.data`."""
    if isinstance(data, ArrayData):
        return RowsFeed(data)
    if isinstance(data, TfDatasetData) and not jit and _has_ranks(data):
        return DatasetFeed(data)
    return None


def tensors(batches: Mapping[str, Batch]) -> dict[str, Batch]:
    """The batches with tensors, which a compiled function is not traced anew for."""
    return keras.tree.map_structure(
        lambda values: None if values is None else tf.convert_to_tensor(values), dict(batches)
    )


def _has_ranks(data: TfDatasetData) -> bool:
    """Whether it is known how many dimensions there are."""
    specs = keras.tree.flatten(data.specs)
    return all(spec is None or spec.shape.rank is not None for spec in specs)


def _in_floatx(weights: Any) -> Any:
    return None if weights is None else tf.cast(weights, keras.config.floatx())


def _zeros(spec: Any) -> np.ndarray:
    return np.zeros([1, *(size or 1 for size in spec.shape[1:])], spec.dtype.as_numpy_dtype)


def _read(values: Any, task: str, head: Head | None) -> tuple[Any, Any]:
    """Labels that fit the head, with 0 for those that are missing, and which are there.

    A row is missing if all of it is; a NaN in a part of it makes the loss one that is refused.
    """
    labels = checked_labels(values, task, head)
    missing = missing_labels(labels, head)
    if missing is None:
        return labels, None
    absent = tf.reduce_all(missing, axis=range(1, labels.shape.rank), keepdims=True)
    filled = tf.where(absent, tf.zeros_like(labels), labels)
    return filled, ~tf.reshape(absent, [-1])

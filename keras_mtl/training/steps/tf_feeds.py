"""Where the compiled loop on TensorFlow reads its batches."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.as_given import AsGiven
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.indexed_source import IndexedData
from keras_mtl.batches.reading import OneTask, Reader, SeveralTasks
from keras_mtl.batches.tf_datasets import TfDatasetData
from keras_mtl.heads.head import Head
from keras_mtl.heads.labels import LabelRule
from keras_mtl.training.objective import Objective
from keras_mtl.training.state import TrainingState
from keras_mtl.training.steps.tf_checks import (
    checked_labels,
    missing_labels,
    read_names,
    shape_of_named,
)


class Layout(ABC):
    """How the arguments of the compiled loop hold batches.

    It is kept with the loop, which other data of the same types may run in: it holds no data.
    """

    @property
    @abstractmethod
    def signature(self) -> Any:
        """The types of the arguments, which do not change from call to call."""

    @property
    @abstractmethod
    def key(self) -> str:
        """Tells loops apart whose arguments have the same types and another meaning."""

    @abstractmethod
    def batch(self, arguments: Any, index: Any) -> Batch:
        """Return, inside the loop, one of the batches that the loop was called for."""


class Feed(ABC):
    """The batches of one data set."""

    layout: Layout

    def open(self, positions: range) -> None:  # noqa: B027 (rows in memory need nothing)
        """Prepare the batches at these positions; no others will be read."""

    def close(self) -> None:  # noqa: B027 (rows in memory need nothing)
        """Release what `open` prepared."""

    @abstractmethod
    def sample(self) -> Batch:
        """Return a batch of the right shapes and dtypes."""

    @abstractmethod
    def arguments(self, positions: range) -> Any:
        """Return the arguments of the compiled loop for the batches at these positions."""


class RowsFeed(Feed):
    """Rows in memory, gathered inside the loop."""

    def __init__(self, data: ArrayData) -> None:
        self._data = data
        flat = keras.tree.flatten(data.whole)
        self._tensors = [tf.convert_to_tensor(values) for values in flat if values is not None]
        self.layout = RowsLayout(data.whole, self._tensors)

    def sample(self) -> Batch:
        """Return the first row."""
        return self._data.whole.rows(np.array([0]))

    def arguments(self, positions: range) -> Any:
        """Return all rows, the indices of the rows of the batches, and where each batch ends."""
        blocks = self._data.row_blocks(positions)
        rows = np.concatenate([np.empty(0, np.int64), *blocks])
        ends = np.cumsum([0, *map(len, blocks)])
        # One vector with the rows of all batches: a short last batch would make a matrix ragged.
        return self._tensors, tf.constant(rows, tf.int64), tf.constant(ends, tf.int64)


class RowsLayout(Layout):
    """All rows, and the indices of the rows of each batch."""

    def __init__(self, whole: Batch, tensors: list[Any]) -> None:
        self._there = keras.tree.map_structure(lambda values: values is not None, whole)
        self._rows = [tf.TensorSpec([None, *t.shape[1:]], t.dtype) for t in tensors]

    @property
    def signature(self) -> Any:
        """The types for any number of rows."""
        vector = tf.TensorSpec([None], tf.int64)
        return self._rows, vector, vector

    @property
    def key(self) -> str:
        """Which tasks have weights and masks."""
        return str(self._there)

    def batch(self, arguments: Any, index: Any) -> Batch:
        """Return the rows of one batch."""
        tensors, rows, ends = arguments
        chosen = rows[ends[index] : ends[index + 1]]
        gathered = iter([tf.gather(tensor, chosen) for tensor in tensors])
        return keras.tree.map_structure(
            lambda there: next(gathered) if there else None, self._there
        )


class DatasetFeed(Feed):
    """A `tf.data.Dataset`, iterated inside the loop, again and again."""

    def __init__(self, data: TfDatasetData, state: TrainingState) -> None:
        self._dataset = data.dataset
        self._reader = data.reader
        self._one_pass = range(data.num_batches or 0)
        self._iterators: list[Any] = []
        self.layout = DatasetLayout(data, state)

    def open(self, positions: range) -> None:
        """Make an iterator over the batches at these positions."""
        batches = self._dataset
        # Unchanged for exactly one pass: a new data set has to be optimised, which takes 10 ms.
        # `take` ends it with the last batch of the run, so that no further one is read ahead.
        if positions != self._one_pass:
            batches = batches.repeat().skip(positions.start).take(len(positions))
        self._iterators = [iter(batches)]

    def close(self) -> None:
        """Release the iterator in a thread, because its destructor may take a minute.

        The destructor (TensorFlow 2.21) waits for the thread that tunes the iterator. That thread
        sleeps up to a minute between two tunings, and can miss the signal that wakes it.
        """
        threading.Thread(target=self._iterators.clear).start()

    def sample(self) -> Batch:
        """Return a row of zeros: to read the first row would consume data."""
        x, y, *_ = self._dataset.element_spec
        heads = _heads_of(self._reader)
        if isinstance(self._reader, OneTask):
            return Batch(keras.tree.map_structure(_zeros, x), _zero_label(y, *heads.values()))
        labels = {task: _zero_label(y[task], head) for task, head in heads.items()}
        return Batch(keras.tree.map_structure(_zeros, x), labels)

    def arguments(self, positions: range) -> Any:
        """Return the iterator, which gives one batch after the other."""
        return self._iterators[0]


class DatasetLayout(Layout):
    """An iterator over batches as the user made them."""

    def __init__(self, data: TfDatasetData, state: TrainingState) -> None:
        self._spec = data.dataset.element_spec
        self._reader = data.reader
        self._state = state

    @property
    def signature(self) -> Any:
        """The type of the iterator."""
        return tf.data.IteratorSpec(self._spec)

    @property
    def key(self) -> str:
        """Nothing more: the types tell."""
        return "iterator"

    def batch(self, arguments: Any, index: Any) -> Batch:
        """Return the next batch: an iterator gives them in the order of the indices."""
        del index
        x, y, *rest = arguments.get_next()
        if isinstance(self._reader, AsGiven):
            return Batch(x, y, rest[0] if rest else None)
        weights = keras.tree.map_structure(_in_floatx, rest[0]) if rest else None
        if isinstance(self._reader, OneTask):
            name = self._reader.name
            labels, mask = _read(y, name, self._reader.head, self._state.objectives[name])
            return Batch(x, labels, weights, mask)
        assert isinstance(self._reader, SeveralTasks)
        heads = self._reader.heads
        objectives = self._state.objectives
        read = {task: _read(y[task], task, head, objectives[task]) for task, head in heads.items()}
        by_task = weights if isinstance(weights, dict) else dict.fromkeys(y, weights)
        return Batch(
            x,
            {task: labels for task, (labels, _) in read.items()},
            {task: by_task.get(task) for task in y},
            {task: mask for task, (_, mask) in read.items()},
        )


def feed_of(data: Any, state: TrainingState) -> Feed | None:
    """Return the feed of a data set, None if a compiled loop cannot read it.

    XLA cannot read `tf.data`, and data of unknown rank cannot be traced.
    """
    if isinstance(data, IndexedData):
        return None  # Read in Python, by threads.
    if isinstance(data, ArrayData):
        return RowsFeed(data)
    if isinstance(data, TfDatasetData) and not state.model.jit_compile and _has_ranks(data):
        return DatasetFeed(data, state)
    return None


def tensors(batches: Mapping[str, Batch]) -> dict[str, Batch]:
    """Return batches of tensors: for arrays a compiled function would be traced at each call."""
    return keras.tree.map_structure(
        lambda values: None if values is None else tf.convert_to_tensor(values), dict(batches)
    )


def _has_ranks(data: TfDatasetData) -> bool:
    """Return whether the number of dimensions is known."""
    specs = keras.tree.flatten(data.specs)
    return all(spec is None or spec.shape.rank is not None for spec in specs)


def _in_floatx(weights: Any) -> Any:
    if weights is None:
        return None
    return _without_last_ones(tf.cast(weights, keras.config.floatx()))


def _zeros(spec: Any) -> np.ndarray:
    return np.zeros([1, *(size or 1 for size in spec.shape[1:])], spec.dtype.as_numpy_dtype)


def _zero_label(spec: Any, head: Head | None) -> np.ndarray:
    """Return a label of the shape and dtype that labels have once they are read."""
    if spec.dtype != tf.string or head is None:
        return _zeros(spec)
    shape = shape_of_named(spec.shape, LabelRule.of(head))
    return np.zeros([1, *(size or 1 for size in shape[1:])], np.int32)


def _heads_of(reader: Reader) -> dict[str, Head | None]:
    if isinstance(reader, OneTask):
        return {reader.name: reader.head}
    assert isinstance(reader, SeveralTasks)
    return reader.heads


def _read(values: Any, task: str, head: Head | None, objective: Objective) -> tuple[Any, Any]:
    """Return labels that fit the head, 0 where they are missing, and the mask of those there are.

    Where the loss and the metrics of the task need whole rows, a row is missing if all of it is;
    a NaN in a part of it makes the loss NaN, which is refused.
    """
    if values.dtype == tf.string and head is not None:
        labels, missing = read_names(values, task, head)
    else:
        labels = checked_labels(values, task, head)
        missing = missing_labels(labels, head)
    if missing is None:
        return labels, None
    missing = _without_last_ones(missing)
    if len(missing.shape) > 1 and not objective.takes_parts(len(missing.shape)):
        missing = tf.reduce_all(missing, axis=range(1, len(missing.shape)))
    ones = [1] * (labels.shape.rank - len(missing.shape))
    absent = tf.reshape(missing, tf.concat([tf.shape(missing), tf.constant(ones, tf.int32)], 0))
    return tf.where(absent, tf.zeros_like(labels), labels), ~missing


def _without_last_ones(values: Any) -> Any:
    while len(values.shape) > 1 and values.shape[-1] == 1:
        values = values[..., 0]
    return values

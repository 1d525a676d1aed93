"""Stored features as data for `fit`, in the order in which `fit` would have drawn the inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import keras
import numpy as np

from keras_mtl.caching.storage.stores import Rows, Store
from keras_mtl.keras_private.data_adapters import ArrayDataAdapter, DataAdapter, DrawnAdapter
from keras_mtl.training.class_weights import weights_of_rows

NAMES = ("features", "mask")
SMALL = 1 << 28
"""Bytes of features up to which a whole epoch is copied in its order."""


def as_inputs(columns: Sequence[Any]) -> dict[str, Any]:
    """Return the inputs of the trained part: features, and their mask if there is one."""
    return dict(zip(NAMES, columns, strict=False))


class _Views(keras.utils.PyDataset):
    """Data in several views; each epoch sees the next view, and after the last the first."""

    def __init__(self, views: int) -> None:
        super().__init__()
        self._views = views
        self._epochs = 0

    def on_epoch_begin(self) -> None:
        """Go to the next view."""
        self._epochs += 1

    @property
    def view(self) -> int:
        """The number of the view for the current epoch."""
        # Keras reads a batch to learn the shapes before the first epoch begins.
        return max(self._epochs - 1, 0) % self._views


class StoredBatches(_Views):
    """Batches in the order in which the stream gave them.

    Args:
        store: For each view, in this order, all its batches: features first, then targets.
        targets: The structure of `(y,)` or `(y, sample_weight)`; empty if there are none.
        views: How many views are in the store.
    """

    def __init__(self, store: Store, targets: tuple[Any, ...], views: int) -> None:
        super().__init__(views)
        self._store = store
        self._targets = targets

    @property
    def num_batches(self) -> int:
        """The number of batches in an epoch."""
        return len(self._store) // self._views

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        batch = self._store[self.view * self.num_batches + index]
        features = len(batch) - len(keras.tree.flatten(self._targets))
        targets = keras.tree.pack_sequence_as(self._targets, batch[features:])
        return (as_inputs(batch[:features]), *targets)


class ClassWeighted(keras.utils.PyDataset):
    """Batches with the weights of their classes, for a loop that takes no `class_weight` for them.

    Args:
        batches: The batches.
        class_weight: As for `fit`.
    """

    def __init__(self, batches: StoredBatches, class_weight: Mapping[int, float]) -> None:
        super().__init__()
        self._batches = batches
        self._class_weight = class_weight

    @property
    def num_batches(self) -> int:
        """The number of batches in an epoch."""
        return self._batches.num_batches

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        x, y, *weights = self._batches[index]
        if weights:
            raise ValueError(
                "`class_weight` does not go with batches `(x, y, sample_weight)`, which have "
                "weights already: leave one of them out."
            )
        return x, y, weights_of_rows(np.asarray(y), self._class_weight)


class RowBatches(_Views):
    """Batches of row numbers, in which the features of these rows replace the numbers.

    Args:
        order: Keras's adapter for the row numbers and the targets; it shuffles.
        columns: For each view, in this order, all its rows: features and, maybe, masks.
        views: How many views are in the columns.
    """

    def __init__(self, order: ArrayDataAdapter, columns: Sequence[Rows], views: int) -> None:
        super().__init__(views)
        self._order = order
        self._columns = columns

    @property
    def num_batches(self) -> int:
        """The number of batches in an epoch."""
        return self._order.num_batches

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        # Slow for a late batch, but Keras asks for the first ones only, to learn their shapes:
        # training reads `RowsAdapter.drawn`.
        batches = self._order.get_numpy_iterator()
        return self.with_features(next(islice(batches, index, None)))

    def with_features(self, batch: Any) -> tuple[Any, ...]:
        """Return the batch with features in place of its row numbers."""
        rows, *targets = keras.tree.map_structure(
            keras.ops.convert_to_numpy, batch if isinstance(batch, tuple | list) else (batch,)
        )
        rows = rows + self.view * (len(self._columns[0]) // self._views)
        return (as_inputs([column[rows] for column in self._columns]), *targets)


def adapter_for_columns(
    columns: Sequence[Rows], views: int, *, shuffle: bool | str = False, **options: Any
) -> DataAdapter:
    """Return an adapter for features in memory or in files.

    Args:
        columns: For each view, in this order, all its rows: features and, maybe, masks.
        views: How many views are in the columns.
        shuffle: As for `fit`.
        options: The other arguments of Keras's adapter for arrays, except for the inputs.
    """
    arrays = [column for column in columns if isinstance(column, np.ndarray)]
    if views > 1 or len(arrays) < len(columns):
        rows = np.arange(len(columns[0]) // views)
        return RowsAdapter(ArrayDataAdapter(rows, shuffle=shuffle, **options), columns, views)
    small = sum(array.nbytes for array in arrays) <= SMALL and shuffle != "batch"
    adapter = EpochAdapter if small else ArrayDataAdapter
    return adapter(as_inputs(arrays), shuffle=shuffle, **options)


def adapter_for_rows(columns: Sequence[Rows], rows: np.ndarray, **options: Any) -> DataAdapter:
    """Return an adapter for the features of some rows only.

    Args:
        columns: All rows: features and, maybe, masks.
        rows: The numbers of the rows.
        options: The arguments of Keras's adapter for arrays, except for the inputs: targets and
            weights are those of the rows.
    """
    if all(isinstance(column, np.ndarray) for column in columns):
        return adapter_for_columns([column[rows] for column in columns], 1, **options)
    return RowsAdapter(ArrayDataAdapter(rows, **options), columns, 1)


class EpochAdapter(ArrayDataAdapter):
    """Keras's adapter for arrays, for small ones: on TensorFlow it gathers an epoch at once.

    Keras gathers each batch in other threads, which take longer to wake up than to gather little.
    Keras, too, draws the order for the whole epoch, so the order is the same.
    """

    def __init__(self, x: Any, *, batch_size: int, **options: Any) -> None:
        super().__init__(x, batch_size=batch_size, **options)
        samples = len(keras.tree.flatten(x)[0])
        self._whole = ArrayDataAdapter(x, batch_size=samples, **options)

    def get_tf_dataset(self) -> Any:
        """Return the `tf.data.Dataset` that `fit` iterates on TensorFlow."""
        # One batch of all samples, in the drawn order, that is cut into batches.
        dataset = self._whole.get_tf_dataset().rebatch(self.batch_size)
        options = type(dataset.options())()
        # To cut is so little work that more threads would only take time from training.
        options.autotune.enabled = False
        options.threading.private_threadpool_size = 1
        return dataset.with_options(options)


class RowsAdapter(DrawnAdapter):
    """Feeds `RowBatches` to `fit` in the order that Keras's adapter for arrays draws."""

    def __init__(self, order: ArrayDataAdapter, columns: Sequence[Rows], views: int) -> None:
        super().__init__(RowBatches(order, columns, views))
        self._order = order
        self._drawn: Any = None

    def get_tf_dataset(self) -> Any:
        """Return the `tf.data.Dataset` that `fit` iterates on TensorFlow."""
        # Before the call below, which iterates `drawn`. The data set draws a new order each time.
        self._drawn = self._order.get_tf_dataset()
        return super().get_tf_dataset()

    def get_torch_dataloader(self) -> Any:
        """Return a torch loader of row numbers: a loader of its own would draw another order."""
        loader = self._order.get_torch_dataloader()
        loader.collate_fn = lambda batch: keras.tree.map_structure(
            keras.ops.convert_to_tensor, self.py_dataset.with_features(batch)
        )
        return loader

    def drawn(self) -> Iterator[tuple[Any, ...]]:
        """Return the batches of one epoch."""
        drawn = self._order.get_jax_iterator() if self._drawn is None else self._drawn
        return map(self.py_dataset.with_features, drawn)

"""How Keras's `fit` recognises data, splits and shuffles arrays and makes batches of them.

Written against Keras 3.15, which exports nothing of `keras.src.trainers.data_adapters`. Features
are trained on in the order in which `fit` would draw the inputs, so its own adapters draw it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from itertools import islice
from typing import Any

import keras
import numpy as np
from keras.src.trainers import data_adapters
from keras.src.trainers.data_adapters import array_slicing, data_adapter_utils
from keras.src.trainers.data_adapters.array_data_adapter import (
    ArrayDataAdapter,
    can_convert_arrays,
)
from keras.src.trainers.data_adapters.data_adapter import DataAdapter
from keras.src.trainers.data_adapters.py_dataset_adapter import PyDatasetAdapter
from keras.src.trainers.data_adapters.tf_dataset_adapter import TFDatasetAdapter
from keras.src.utils.module_utils import tensorflow as tf

__all__ = ["ArrayDataAdapter", "DataAdapter", "DrawnAdapter", "PyDatasetAdapter"]


class DrawnAdapter(PyDatasetAdapter):
    """Keras's adapter for a `PyDataset` whose batches another object draws."""

    @abstractmethod
    def drawn(self) -> Iterator[tuple[Any, ...]]:
        """Yield the batches of one epoch."""

    def _get_iterator(self) -> Iterator[tuple[Any, ...]]:
        # Keras's `get_tf_dataset` and `get_jax_iterator` read the epoch from here.
        return self.drawn()


def row_orders(num_rows: int) -> Iterator[np.ndarray]:
    """Yield, for one epoch after the other, the order in which `fit` would shuffle rows.

    The order comes from the random generator that `fit` uses on the backend, which moves on as it
    does in `fit`.
    """
    if keras.config.backend() == "tensorflow":
        yield from _orders_of_tensorflow(num_rows)
    adapter = ArrayDataAdapter(np.arange(num_rows), batch_size=num_rows, shuffle=True)
    on_jax = keras.config.backend() == "jax"
    while True:
        batches = adapter.get_jax_iterator() if on_jax else adapter.get_torch_dataloader()
        (rows,) = keras.tree.flatten(next(iter(batches)))
        yield keras.ops.convert_to_numpy(rows)


def _orders_of_tensorflow(num_rows: int) -> Iterator[np.ndarray]:
    # The first part of `ArrayDataAdapter.get_tf_dataset`, as the rest takes long to make. Operation
    # by operation: TensorFlow derives the seed of the shuffle from the number of those before it.
    def permutation(_: Any) -> Any:
        return tf.random.shuffle(tf.range(num_rows, dtype=tf.int64))

    orders = tf.data.Dataset.range(1).map(permutation)
    while True:
        yield next(iter(orders)).numpy()


def are_arrays(structure: Any) -> bool:
    """Return whether `fit` takes all leaves of a structure for arrays; None counts as an array."""
    return bool(can_convert_arrays(structure))


def is_tf_dataset(data: Any) -> bool:
    """Return whether it is a `tf.data.Dataset`, without importing TensorFlow, which is optional."""
    return bool(data_adapters.is_tf_dataset(data))


def is_torch_loader(data: Any) -> bool:
    """Return whether it is a `DataLoader` of torch, without importing torch."""
    return bool(data_adapters.is_torch_dataloader(data))


def is_validation_of_fit(arguments: dict[str, Any]) -> bool:
    """Return whether `evaluate` is called by Keras's `fit`, which has checked its data."""
    return bool(arguments.get("_use_cached_eval_dataset"))


def is_sparse_or_ragged(value: Any) -> bool:
    """Return whether it is an array that only Keras's adapters can make dense, batch by batch."""
    kinds = ("tensorflow_ragged", "tensorflow_sparse", "jax_sparse", "scipy_sparse")
    return any(getattr(data_adapter_utils, f"is_{kind}")(value) for kind in kinds)


def split_off_validation(arrays: Any, share: float) -> tuple[Any, Any]:
    """Split off the last rows of arrays, as many as `validation_split` takes.

    Raises:
        ValueError: Some are not arrays, or there are too few rows.
    """
    split: tuple[Any, Any] = array_slicing.train_validation_split(arrays, share)
    return split


def refuse_class_weight(data: Any, class_weight: Any) -> None:
    """Raise the error of `fit` if it takes no `class_weight` for this kind of data."""
    _adapter(data, class_weight)


def array_batches(x: Any, y: Any, sample_weight: Any, *, batch_size: int) -> Iterator[Any]:
    """Yield the batches of arrays in their order, as NumPy arrays, in the precision of `fit`."""
    adapter = ArrayDataAdapter(x, y, sample_weight, batch_size=batch_size)
    batches: Iterator[Any] = adapter.get_numpy_iterator()
    return batches


def dataset_batches(dataset: Any, limit: int | None = None) -> Iterator[Any]:
    """Yield the first batches of a `tf.data.Dataset` or a `PyDataset`, as NumPy arrays.

    The workers of a `PyDataset` read ahead, and it hears of the beginning and the end of an epoch.
    """
    adapter = _adapter(dataset)
    adapter.on_epoch_begin()
    yield from islice(adapter.get_numpy_iterator(), limit)
    adapter.on_epoch_end()


def _adapter(data: Any, class_weight: Any = None) -> DataAdapter:
    """Return the adapter of `fit` for all data; Keras's would share them out over JAX processes."""
    if is_tf_dataset(data):
        return TFDatasetAdapter(data, class_weight=class_weight)
    adapter: DataAdapter = data_adapters.get_data_adapter(data, class_weight=class_weight)
    return adapter

"""The data that go through the static part once: arrays, or a stream of batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import islice
from typing import Any

import keras

from keras_mtl.batches.input_shapes import check_shapes
from keras_mtl.caching.fingerprints import fingerprint_of_arrays, fingerprint_of_stream
from keras_mtl.caching.replays import StoredBatches, adapter_for_columns
from keras_mtl.caching.storage.stores import Batch, Store
from keras_mtl.errors import InvalidFeatures
from keras_mtl.keras_private.data_adapters import (
    ArrayDataAdapter,
    DataAdapter,
    GeneratorDataAdapter,
    PyDatasetAdapter,
    TFDatasetAdapter,
    can_convert_arrays,
    get_data_adapter,
)

INFINITE = -1
"""What a `tf.data.Dataset` that never ends gives as its cardinality."""


def make_source(
    model: keras.Model,
    x: Any,
    y: Any,
    sample_weight: Any,
    *,
    batch_size: int | None,
    **options: Any,
) -> Source:
    """The source for data as `fit` takes them; refuses what `fit` refuses.

    Args:
        model: The model that they are for.
        x: Inputs, or a stream of batches.
        y: Targets; None with a stream.
        sample_weight: Weights; None with a stream.
        batch_size: Samples in a batch, for arrays.
        options: `class_weight`, `shuffle` and `steps`, the number of batches in an epoch.
    """
    if can_convert_arrays((x, y, sample_weight)):
        return ArraySource(x, y, sample_weight, batch_size=batch_size, **options)
    return StreamSource(model, x, y, sample_weight, **options)


class Source(ABC):
    """Data for one pass."""

    @property
    @abstractmethod
    def num_batches(self) -> int | None:
        """The number of batches, None if it shows only when they have all been read."""

    @abstractmethod
    def batches(self) -> Iterator[tuple[Any, Batch]]:
        """The inputs of each batch, and the arrays that are kept with their features."""

    @property
    def is_read_once(self) -> bool:
        """Whether the data are gone after `batches`."""
        return False

    @abstractmethod
    def fingerprint(self) -> str:
        """The hash of all that `batches` gives."""

    @abstractmethod
    def replay(self, store: Store, views: int) -> DataAdapter:
        """The same data for `fit`, with the features that are stored instead of the inputs."""


class ArraySource(Source):
    """Arrays of samples; their targets are not stored, for they are there each time."""

    def __init__(
        self, x: Any, y: Any, sample_weight: Any, *, batch_size: int | None, **options: Any
    ) -> None:
        # Made first of all as `fit` makes it: it refuses what does not go together.
        whole = ArrayDataAdapter(x, y, sample_weight, batch_size=batch_size, **options)
        self._inputs = ArrayDataAdapter(x, batch_size=whole.batch_size)
        targets = {"y": y, "sample_weight": sample_weight}
        self._options = {**targets, "batch_size": whole.batch_size, **options}

    @property
    def num_batches(self) -> int:
        """The number of batches."""
        return self._inputs.num_batches

    def batches(self) -> Iterator[tuple[Any, Batch]]:
        """The inputs of each batch; nothing is kept beside their features."""
        for batch in self._inputs.get_numpy_iterator():
            yield keras.utils.unpack_x_y_sample_weight(batch)[0], []

    def fingerprint(self) -> str:
        """The hash of the inputs."""
        return fingerprint_of_arrays(keras.tree.flatten(x) for x, _ in self.batches())

    def replay(self, store: Store, views: int) -> DataAdapter:
        """The arrays of features with the targets, shuffled as `fit` would."""
        return adapter_for_columns(store.columns(), views, **self._options)


class StreamSource(Source):
    """A `tf.data.Dataset`, `PyDataset`, `DataLoader` or generator of batches."""

    def __init__(
        self,
        model: keras.Model,
        data: Any,
        y: Any,
        sample_weight: Any,
        *,
        class_weight: Any = None,
        shuffle: bool = False,
        steps: int | None = None,
    ) -> None:
        if class_weight is not None:
            get_data_adapter(data, class_weight=class_weight)  # Refuses it where `fit` does.
        self._model = model
        self._adapter = get_data_adapter(data, y, sample_weight)
        self._class_weight = class_weight
        self._shuffle = shuffle and isinstance(data, keras.utils.PyDataset)
        self._steps = steps
        self._structure: tuple[Any, ...] = ()
        self._check_end(data)

    @property
    def num_batches(self) -> int | None:
        """The number of batches, None if it shows only when they have all been read."""
        return self._adapter.num_batches or self._steps

    def batches(self) -> Iterator[tuple[Any, Batch]]:
        """The inputs of each batch; its targets and weights are kept with the features."""
        self._adapter.on_epoch_begin()
        for batch in islice(self._adapter.get_numpy_iterator(), self.num_batches):
            x, *targets = keras.utils.unpack_x_y_sample_weight(batch)
            self._check_batch(x, targets)
            self._structure = tuple(target for target in targets if target is not None)
            yield x, keras.tree.flatten(self._structure)
        self._adapter.on_epoch_end()

    @property
    def is_read_once(self) -> bool:
        """Whether it is a generator."""
        return isinstance(self._adapter, GeneratorDataAdapter)

    def fingerprint(self) -> str:
        """The hash of inputs, targets and weights."""
        return fingerprint_of_stream([*keras.tree.flatten(x), *kept] for x, kept in self.batches())

    def replay(self, store: Store, views: int) -> DataAdapter:
        """The stored batches."""
        batches = StoredBatches(store, self._structure, views)
        return PyDatasetAdapter(batches, class_weight=self._class_weight, shuffle=self._shuffle)

    def _check_batch(self, x: Any, targets: Any) -> None:
        check_shapes(self._model, x, what="a batch of the data")
        if targets[0] is None and self._model.loss is not None:
            raise ValueError("A batch has no labels: the data must give batches `(x, y)`.")

    def _check_end(self, data: Any) -> None:
        if self._adapter.num_batches == 0:
            raise InvalidFeatures(f"The {type(data).__name__} has no batches.")
        if self.num_batches is not None:
            return
        if not isinstance(self._adapter, TFDatasetAdapter) or int(data.cardinality()) == INFINITE:
            raise ValueError(
                f"The {type(data).__name__} does not say where it ends. Give `steps_per_epoch` "
                "(for validation data `validation_steps`): the number of batches to run once."
            )

"""The data that go through the static part once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.batch import UNBATCHED, hint_for_dicts
from keras_mtl.batches.digests import digest_of_arrays, digest_of_samples
from keras_mtl.batches.finite_inputs import FiniteInputs
from keras_mtl.batches.generators import GeneratorSource
from keras_mtl.batches.indexed_rows import IndexedRows
from keras_mtl.batches.loaders import LoaderSource
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.source import DataSource
from keras_mtl.batches.values import as_structure, dense_array
from keras_mtl.caching.replays import StoredBatches, adapter_for_columns
from keras_mtl.caching.shard_data import ArrayShards, ShardData, digest_of_inputs, shards_of_stream
from keras_mtl.caching.shard_reader import ShardReader
from keras_mtl.caching.storage.feature_cache import Cache
from keras_mtl.caching.storage.sharded_store import ShardedStore, StoreWithTargets
from keras_mtl.caching.storage.stores import Batch, Store
from keras_mtl.errors import InvalidFeatures, InvalidLabels
from keras_mtl.keras_private.data_adapters import (
    ArrayDataAdapter,
    DataAdapter,
    PyDatasetAdapter,
    is_sparse_or_ragged,
    refuse_class_weight,
)
from keras_mtl.models.transfer_model import TransferModel

LARGE_BATCH = 4096
"""Rows of features that are read at once where nothing is learnt from the single batch."""


def pass_data(model: keras.Model, source: DataSource, **options: Any) -> PassData:
    """Return the data of a source for one pass; refuse what `fit` refuses.

    Args:
        model: The model that they are for.
        source: Arrays, or a stream of batches.
        options: As for `fit`: `batch_size` of arrays, `class_weight`, `shuffle`, and `steps`, the
            number of batches in an epoch.
    """
    if isinstance(source, ArraySource):
        return ArrayPassData(model, source, **options)
    return StreamPassData(model, source, **options)


class PassData(ABC):
    """Data for one pass."""

    is_read_once = False
    part_of: tuple[PassData, range] | None = None
    """More rows of arrays, and the numbers of those that these are; None if there are no more."""

    @property
    @abstractmethod
    def num_batches(self) -> int | None:
        """The number of batches, None if it shows only when they have all been read."""

    @abstractmethod
    def batches(self) -> Iterator[tuple[Any, Batch]]:
        """Return the inputs of each batch, and the arrays that are kept with their features."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Return the hash of all that `batches` gives."""

    @abstractmethod
    def identity(self) -> str | None:
        """Return the text by which shards of the inputs are found; None if there can be none."""

    @abstractmethod
    def divided(self, batch_size: int | None = None) -> ShardData:
        """Return the inputs divided into shards.

        Args:
            batch_size: Rows of a batch of arrays; the same as here by default.
        """

    @abstractmethod
    def from_shards(self, reader: ShardReader, beside: Cache) -> Store:
        """Return what `batches` gives, with features from shards instead of the inputs.

        Args:
            reader: Reads the shards.
            beside: Keeps what is not in the shards.
        """

    @abstractmethod
    def replay(self, store: Store, views: int) -> DataAdapter:
        """Return the same data for `fit`, with stored features instead of the inputs."""

    @abstractmethod
    def in_order(self, store: Store) -> DataAdapter:
        """Return the same data in the order in which they were given."""


class ArrayPassData(PassData):
    """Arrays of samples; their targets are in memory, so only features are stored."""

    def __init__(
        self, model: keras.Model, source: ArraySource, *, batch_size: int | None, **options: Any
    ) -> None:
        # Keras's adapter refuses arguments that do not go together, with the errors of `fit`.
        whole = ArrayDataAdapter(
            source.x, source.y, source.sample_weight, batch_size=batch_size, **options
        )
        self._inputs = ModelInputs.of(model)
        self._batch_size = whole.batch_size
        self._x = source.x
        self._num_batches: int = whole.num_batches
        targets = {"y": source.y, "sample_weight": source.sample_weight}
        if source.part_of is not None:
            x, first = source.part_of
            more = ArrayPassData(model, ArraySource(x), batch_size=batch_size)
            rows = keras.tree.flatten(source.x)[0].shape[0]
            self.part_of = more, range(first, first + rows)
        self._options = {**targets, "batch_size": whole.batch_size, **options}

    @property
    def num_batches(self) -> int:
        """The number of batches."""
        return self._num_batches

    def batches(self) -> Iterator[tuple[Any, Batch]]:
        """Yield the inputs of each batch; nothing is kept beside their features."""
        if any(map(is_sparse_or_ragged, keras.tree.flatten(self._x))):
            # Only batches have the final shape: Keras's adapter makes one dense at a time.
            finite = FiniteInputs(self._inputs.tensors, "`x`")
            for x in self._batches_of(self._x):
                inputs = self._inputs.read(x, "`x`")
                finite.check(inputs)
                yield inputs, []
            return
        # Arranged once, as a whole: in a small trunk a check of each batch would be noticeable.
        for x in self._batches_of(self._inputs.arrange(self._x, "`x`")):
            yield x, []

    def fingerprint(self) -> str:
        """Return the hash of the inputs as given, not in the shape that the model takes."""
        return digest_of_arrays(keras.tree.flatten(x) for x in self._batches_of(self._x))

    def identity(self) -> str:
        """Return the text by which shards of the arrays are found."""
        return self.divided().identity()

    def divided(self, batch_size: int | None = None) -> ArrayShards:
        """Return the arrays divided into shards."""
        return ArrayShards(self._inputs, self._x, batch_size or self._batch_size)

    def from_shards(self, reader: ShardReader, beside: Cache) -> Store:
        """Return the features of all rows; nothing is kept beside them."""
        count = reader.num_shards
        data = self.divided(reader.batch_size)
        shards = [reader.read(i, data.digests(i, count)) for i in range(count)]
        return ShardedStore(shards, reader.batch_size)

    def replay(self, store: Store, views: int) -> DataAdapter:
        """Return the arrays of features with the targets, shuffled as `fit` would."""
        return adapter_for_columns(store.columns(), views, **self._options)

    def in_order(self, store: Store) -> DataAdapter:
        """Return the arrays of features with the targets, in large batches."""
        options = {**self._options, "shuffle": False, "batch_size": LARGE_BATCH}
        return adapter_for_columns(store.columns(), 1, **options)

    def _batches_of(self, x: Any) -> Iterator[Any]:
        for batch in ArraySource(x, batch_size=self._batch_size).batches():
            yield keras.utils.unpack_x_y_sample_weight(batch)[0]


class StreamPassData(PassData):
    """Batches, whose targets and weights are stored with their features."""

    def __init__(
        self,
        model: keras.Model,
        source: DataSource,
        *,
        class_weight: Any = None,
        shuffle: bool = False,
        steps: int | None = None,
        batch_size: int | None = None,
    ) -> None:
        del batch_size  # For arrays: here the data give the batches.
        _check_class_weight(source, class_weight)
        self.is_read_once = source.is_read_once
        self._inputs = ModelInputs.of(model)
        self._needs_labels = model.loss is not None
        self._label_rule = model.label_rule if isinstance(model, TransferModel) else None
        self._source = source
        self._class_weight = class_weight
        self._shuffle = shuffle and isinstance(source.data, keras.utils.PyDataset)
        self._steps = steps
        self._structure: tuple[Any, ...] = ()
        self._check_end()

    @property
    def num_batches(self) -> int | None:
        """The number of batches, None if it shows only when they have all been read."""
        return self._source.num_batches or self._steps

    def batches(self) -> Iterator[tuple[Any, Batch]]:
        """Yield the inputs of each batch; its targets and weights are kept with the features."""
        what = "a batch of the data"
        finite = FiniteInputs(self._inputs.tensors, what)
        for x, targets in self._as_given():
            inputs = self._inputs.read(x, what, batched=True)
            finite.check(inputs)
            yield inputs, _kept(targets)

    def fingerprint(self) -> str:
        """Return the hash of inputs as they are given, targets and weights."""
        return digest_of_samples(
            [*keras.tree.flatten(as_structure(x, "A batch", by_columns=True)), *_kept(targets)]
            for x, targets in self._as_given()
        )

    def identity(self) -> str | None:
        """Return the text by which shards of the data are found; None if these have no end."""
        is_whole = not (self._source.is_endless or self._source.is_read_once)
        return self.divided().identity() if is_whole else None

    def divided(self, batch_size: int | None = None) -> ShardData:
        """Return the inputs divided into shards."""
        return shards_of_stream(self._inputs, self._source, "the data")

    def from_shards(self, reader: ShardReader, beside: Cache) -> Store:
        """Return the features from the shards, and targets and weights from one reading."""
        digests: list[bytes] = []

        def run(keep: Callable[[Batch], None]) -> None:
            for digest, targets in self._labelled_digests():
                digests.append(digest)
                keep(targets)

        targets = beside.store(run, lambda: "", self.num_batches)
        count = reader.num_shards
        shards = [reader.read(i, digests[i::count]) for i in range(count)]
        return StoreWithTargets(ShardedStore(shards, None), targets)

    def replay(self, store: Store, views: int) -> DataAdapter:
        """Return the stored batches."""
        batches = StoredBatches(store, self._structure, views)
        return PyDatasetAdapter(batches, class_weight=self._class_weight, shuffle=self._shuffle)

    def in_order(self, store: Store) -> DataAdapter:
        """Return the stored batches in their order."""
        batches = StoredBatches(store, self._structure, 1)
        return PyDatasetAdapter(batches, class_weight=self._class_weight, shuffle=False)

    def _labelled_digests(self) -> Iterator[tuple[bytes, Batch]]:
        """Yield the digest of the inputs of each batch, and its targets and weights."""
        rows = self._source.data
        if not isinstance(rows, IndexedRows):
            for x, targets in self._as_given():
                yield digest_of_inputs(x), _kept(targets)
            return
        # Their labels are in memory: no input is read.
        digests = shards_of_stream(self._inputs, self._source, "").digests(0, 1)
        for start, digest in zip(range(0, len(rows), rows.batch_size), digests, strict=True):
            places = np.arange(start, min(start + rows.batch_size, len(rows)))
            self._structure = (self._by_number(rows.labels_of(places)),)
            yield digest, _kept(self._structure)

    def _as_given(self) -> Iterator[tuple[Any, tuple[Any, ...]]]:
        """Yield the inputs of each batch, and its targets and weights, if there are any."""
        for batch in self._source.batches(self.num_batches):
            x, *targets = keras.utils.unpack_x_y_sample_weight(batch)
            if targets[0] is None and self._needs_labels:
                raise InvalidLabels(
                    "A batch has no labels: the data must give batches `(x, y)`."
                    f"{hint_for_dicts(batch)}"
                )
            targets[0] = self._by_number(targets[0])
            self._structure = tuple(target for target in targets if target is not None)
            yield x, self._structure

    def _by_number(self, labels: Any) -> Any:
        """Return labels by number; `fit`, which reads names otherwise, sees features only."""
        rule = self._label_rule
        return rule.check(labels) if rule is not None and rule.are_names(labels) else labels

    def _check_end(self) -> None:
        source = self._source
        if source.num_batches == 0:
            raise InvalidFeatures(f"The {source.kind} has no batches.")
        if self.num_batches is None and (source.is_endless or source.is_read_once):
            repeated = "Leave out `.repeat()`, or give" if source.is_endless else "Give"
            raise ValueError(
                f"The {source.kind} does not say where it ends. {repeated} `steps_per_epoch` (for "
                "validation data `validation_steps`): the number of batches to run once."
            )


def _kept(targets: tuple[Any, ...]) -> Batch:
    """Return the targets as they come: Keras converts them in each epoch."""
    if any(np.ndim(target) == 0 for target in keras.tree.flatten(targets)):
        raise InvalidLabels(f"A target of a batch is a single value. {UNBATCHED}")
    return [dense_array(target, "A target of a batch") for target in keras.tree.flatten(targets)]


def _check_class_weight(source: DataSource, class_weight: Any) -> None:
    """Refuse `class_weight` for the data for which `fit` refuses it."""
    if class_weight is None:
        return
    if isinstance(source, LoaderSource | GeneratorSource):
        raise ValueError(
            "`class_weight` goes with arrays, a `tf.data.Dataset` or a `PyDataset`. Received: x "
            f"of type `{source.kind}`; let its batches be `(x, y, sample_weight)`."
        )
    refuse_class_weight(source.data, class_weight)

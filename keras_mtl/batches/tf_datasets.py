"""A `tf.data.Dataset` of batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

from keras_mtl.batches.batch import UNBATCHED, Batch, hint_for_dicts
from keras_mtl.batches.label_check import LabelCheck, has_labels
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.orders import Order
from keras_mtl.batches.reading import Reader
from keras_mtl.batches.source import DataSource
from keras_mtl.batches.task_batches import SequentialData
from keras_mtl.common.hashing import hash_of_settings
from keras_mtl.errors import InvalidLabels, InvalidTaskData
from keras_mtl.keras_private.data_adapters import dataset_batches

INFINITE = -1
UNKNOWN = -2
"""The cardinalities of a `tf.data.Dataset` without an end, and of unknown length."""


class TfDatasetSource(DataSource):
    """A `tf.data.Dataset`."""

    def __init__(self, data: Any) -> None:
        size = int(data.cardinality())
        known = None if size in (INFINITE, UNKNOWN) else size
        super().__init__(data, known, is_endless=size == INFINITE)
        self.shard_policy = data.options().experimental_distribute.auto_shard_policy.name

    @property
    def specs(self) -> Any:
        """The `element_spec` of the data set, None for what it leaves out."""
        return keras.tree.map_structure(_known_spec, self.data.element_spec)

    def check_form(self, inputs: ModelInputs, what: str, *, labelled: bool = False) -> None:
        """Refuse a data set of dicts or of single samples, or whose shapes the model cannot take.

        Raises:
            InvalidFeatures: They do not fit.
            InvalidLabels: There are no labels, or one for a batch.
        """
        specs = self.specs
        x, y, _ = keras.utils.unpack_x_y_sample_weight(specs)
        inputs.check_specs(x, what)
        if labelled and y is None:
            raise InvalidLabels(
                f"{what} has no labels: it gives batches without labels, and not `(x, y)`."
                f"{hint_for_dicts(specs)}"
            )
        for spec in keras.tree.flatten(y):
            if spec is not None and spec.shape.rank == 0:
                raise InvalidLabels(f"The labels in {what} are single values. {UNBATCHED}")

    def batches(self, limit: int | None = None) -> Iterator[Any]:
        """Return the first batches of a pass."""
        return dataset_batches(self.data, limit)

    def share(self, index: int, count: int) -> Iterator[Any]:
        """Return every `count`-th batch of a pass, from the batch at `index` on."""
        return dataset_batches(self.data.shard(count, index))

    def checked(self, check: LabelCheck) -> Any:
        """Return the data set as it is: only its `element_spec` is checked here."""
        spec = self.data.element_spec
        if has_labels(spec):
            check.spec(spec[1])
        return self.data

    def task_data(self, reader: Reader, order: Order) -> TfDatasetData:
        """Return the batches as the data of tasks, in the order of the data set."""
        return TfDatasetData(self, reader)


class TfDatasetData(SequentialData):
    """A data set as the data of tasks; each pass iterates it again, with its own shuffling.

    Args:
        source: The data set, of batches `(x, y)` or `(x, y, sample_weight)`.
        reader: Checks the batches and puts them into one form.

    Attributes:
        dataset: The `tf.data.Dataset`.
        specs: Its `element_spec`, None for what it leaves out.
        is_own_share: Whether its `auto_shard_policy` is `OFF`: it has been sharded.
    """

    def __init__(self, source: TfDatasetSource, reader: Reader) -> None:
        super().__init__(reader.name, source.num_batches)
        self.dataset = source.data
        self.reader = reader
        self.specs = source.specs
        reader.check_specs(self.specs)
        self._source = source
        self.shard_policy = source.shard_policy
        self.is_own_share = self.shard_policy == "OFF"

    def one_pass(self, number: int = 0) -> Iterator[Batch]:
        """Return the batches of the next pass."""
        return map(self.reader.read, self._source.batches())

    def check_passes(self, times: int) -> None:
        """Refuse a data set without an end."""
        if self._source.is_endless:
            raise InvalidTaskData(
                f"The data set of `{self.name}` has no end, so neither has a pass over it. Leave "
                "out `.repeat()`, or use `.take(batches)`."
            )

    def fingerprint(self) -> str:
        """Return the hash of the data set's length and `element_spec`."""
        return hash_of_settings([self.name, self.num_batches, str(self.dataset.element_spec)])


def _known_spec(spec: Any) -> Any:
    # By the name of the class: without TensorFlow nothing can be imported to compare with.
    return None if type(spec).__name__ == "NoneTensorSpec" else spec

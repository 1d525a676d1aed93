"""Data that are read from the start: a `tf.data.Dataset`, a `DataLoader`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import keras

from keras_mtl.batches.base import PassesInTurn
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.digests import digest_of_settings
from keras_mtl.batches.reading import Reader
from keras_mtl.errors import InvalidTaskData

INFINITE = -1
UNKNOWN = -2
"""What a `tf.data.Dataset` gives as its cardinality."""


class TfDatasetData(PassesInTurn):
    """A `tf.data.Dataset` of batches; each pass iterates it again, shuffled as it was made to be.

    Args:
        name: The name of the task.
        dataset: Of batches `(x, y)` or `(x, y, sample_weight)`.
        reader: Puts its batches into one form.

    Attributes:
        specs: The `element_spec` of the data set, None for what it leaves out.
    """

    def __init__(self, name: str, dataset: Any, reader: Reader) -> None:
        size = int(dataset.cardinality())
        super().__init__(name, None if size in (INFINITE, UNKNOWN) else size)
        self.specs = keras.tree.map_structure(_known_spec, dataset.element_spec)
        reader.check_specs(self.specs)
        self._is_endless = size == INFINITE
        self.dataset = dataset
        self.reader = reader

    def one_pass(self, number: int = 0) -> Iterator[Batch]:
        """The batches of the next pass."""
        return map(self.reader.read, self.dataset.as_numpy_iterator())

    def check_passes(self, times: int) -> None:
        """Refuse a data set without an end."""
        if self._is_endless:
            raise InvalidTaskData(
                f"The data set of `{self.name}` has no end, so neither has a pass over it. Leave "
                "out `.repeat()`, or use `.take(batches)`."
            )

    def fingerprint(self) -> str:
        """The hash of its length and of what its batches look like."""
        return digest_of_settings([self.name, self.num_batches, str(self.dataset.element_spec)])


class LoaderData(PassesInTurn):
    """An object that gives its batches each time it is iterated, such as torch's `DataLoader`.

    Args:
        name: The name of the task.
        loader: Of batches `(x, y)` or `(x, y, sample_weight)`.
        reader: Puts its batches into one form.
    """

    def __init__(self, name: str, loader: Iterable[Any], reader: Reader) -> None:
        super().__init__(name, _length(loader))
        self._loader = loader
        self._reader = reader

    def one_pass(self, number: int = 0) -> Iterator[Batch]:
        """The batches of the next pass."""
        return map(self._reader.read, self._loader)

    def fingerprint(self) -> str:
        """The hash of its class and length."""
        return digest_of_settings([self.name, type(self._loader).__qualname__, self.num_batches])


def _known_spec(spec: Any) -> Any:
    # Found without TensorFlow, as `is_tf_dataset` does.
    return None if type(spec).__name__ == "NoneTensorSpec" else spec


def _length(loader: Any) -> int | None:
    try:
        return len(loader)
    except TypeError:  # torch's loaders have `__len__` even where their data have none.
        return None

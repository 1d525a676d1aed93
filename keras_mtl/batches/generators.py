"""A Python generator, or any other iterator of batches."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import isgenerator
from itertools import islice
from typing import Any, NoReturn

from keras_mtl.batches.batch import Batch
from keras_mtl.batches.label_check import LabelCheck, checked_generator
from keras_mtl.batches.orders import Order
from keras_mtl.batches.reading import Reader
from keras_mtl.batches.source import DataSource
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.common.hashing import hash_of_settings
from keras_mtl.errors import DataEnded, InvalidTaskData


@contextmanager
def expected_to_end() -> Iterator[None]:
    """Silence Keras's warning that the "input ran out of data": here a generator may end."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Your input ran out of data")
        yield


class GeneratorSource(DataSource):
    """An iterator: its batches can be read once, and its end is known only when it is reached."""

    is_read_once = True

    def __init__(self, data: Iterator[Any]) -> None:
        super().__init__(data, None)

    def batches(self, limit: int | None = None) -> Iterator[Any]:
        """Return the next batches."""
        return islice(self.data, limit)

    def checked(self, check: LabelCheck) -> Any:
        """Return a generator of the same batches; Keras takes no other iterator."""
        return checked_generator(self.data, check) if isgenerator(self.data) else self.data

    def task_data(self, reader: Reader, order: Order) -> GeneratorData:
        """Return the batches as the data of tasks, in the order of the iterator."""
        return GeneratorData(self, reader)


class GeneratorData(TaskData):
    """The batches of an iterator as the data of tasks; it should never end.

    Args:
        source: The iterator, of batches `(x, y)` or `(x, y, sample_weight)`.
        reader: Checks the batches and puts them into one form.
    """

    def __init__(self, source: GeneratorSource, reader: Reader) -> None:
        super().__init__(reader.name, None)
        self._source = source
        self._reader = reader

    def one_pass(self, number: int = 0) -> Iterator[Batch]:
        """Return the remaining batches."""
        return map(self._reader.read, self._source.batches())

    def batches(self, start: int = 0) -> Iterator[Batch]:
        """Yield the next batches, whatever the position: batches before `start` are gone.

        Raises:
            DataEnded: There are no more.
        """
        del start
        given = 0
        for batch in self.one_pass():
            yield batch
            given += 1
        raise DataEnded(
            f"The generator for `{self.name}` ended after {given} batches, before training did. "
            "Let it loop without end (`while True:`), train for fewer steps, or give arrays, a "
            "`PyDataset` or a `tf.data.Dataset`, which start again by themselves."
        )

    def fingerprint(self) -> str:
        """Return the hash of the name of the task: nothing else is known."""
        return hash_of_settings([self.name, "generator"])

    def check_passes(self, times: int) -> None:
        """Refuse several passes: after the first pass the iterator is used up."""
        if times > 1:
            raise InvalidTaskData(
                f"The data of `{self.name}` to evaluate on are a generator, which can be read only "
                f"once; they are needed {times} times. Give arrays, a `PyDataset` or a "
                "`tf.data.Dataset`."
            )

    def check_resumable(self) -> NoReturn:
        """Refuse to resume: the batches that the iterator has given are gone."""
        raise InvalidTaskData(
            f"The data of `{self.name}` are a generator, which can neither be read again nor moved "
            "to a position, so a run on it cannot be resumed. Give arrays, a `PyDataset` or a "
            "`tf.data.Dataset`."
        )

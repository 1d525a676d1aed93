"""A Python generator as the data of a task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn

from keras_mtl.batches.base import TaskData
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.digests import digest_of_settings
from keras_mtl.batches.reading import Reader
from keras_mtl.errors import DataEnded, InvalidTaskData


class GeneratorData(TaskData):
    """Batches of an iterator, which can be read once; it should never end.

    Args:
        name: The name of the task.
        generator: Of batches `(x, y)` or `(x, y, sample_weight)`.
        reader: Puts its batches into one form.
    """

    def __init__(self, name: str, generator: Iterator[Any], reader: Reader) -> None:
        super().__init__(name, None)
        self._generator = generator
        self._reader = reader

    def one_pass(self, number: int = 0) -> Iterator[Batch]:
        """What is left of the batches."""
        return map(self._reader.read, self._generator)

    def batches(self, start: int = 0) -> Iterator[Batch]:
        """The next batches, wherever training is: those before `start` are gone.

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
        """The hash of the name of the task: nothing else is known."""
        return digest_of_settings([self.name, "generator"])

    def check_passes(self, times: int) -> None:
        """Refuse: after the first pass it is used up."""
        if times > 1:
            raise InvalidTaskData(
                f"The data of `{self.name}` to evaluate on are a generator, which can be read only "
                f"once; they are needed {times} times. Give arrays, a `PyDataset` or a "
                "`tf.data.Dataset`."
            )

    def check_resumable(self) -> NoReturn:
        """Refuse: the batches that it has given are gone."""
        raise InvalidTaskData(
            f"The data of `{self.name}` are a generator, which can neither be read again nor moved "
            "to a position, so a run on it cannot be resumed. Give arrays, a `PyDataset` or a "
            "`tf.data.Dataset`."
        )

"""What every kind of task data can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import chain, count

from keras_mtl.batches.batch import Batch
from keras_mtl.errors import InvalidTaskData


class TaskData(ABC):
    """The data of one task, or of several at once, as batches without end.

    A position counts the batches since training began, over all passes.

    Attributes:
        name: What messages call the data: the name of the task.
        num_batches: Batches in a pass; None where it is not known.
    """

    def __init__(self, name: str, num_batches: int | None) -> None:
        if num_batches == 0:
            raise InvalidTaskData(f"The data of `{name}` are empty.")
        self.name = name
        self.num_batches = num_batches

    @abstractmethod
    def one_pass(self, number: int = 0) -> Iterator[Batch]:
        """The batches of one pass. Passes of a stream must be read one after the other."""

    @abstractmethod
    def batches(self, start: int = 0) -> Iterator[Batch]:
        """The batches from a position on; after the last one of a pass a new pass begins."""

    def open(self, start: int = 0) -> Iterator[Batch]:
        """The same, with the first batch read now: what is wrong with it shows before training."""
        batches = self.batches(start)
        return chain([next(batches)], batches)

    @abstractmethod
    def fingerprint(self) -> str:
        """The hash of what is known about the data without reading them all."""

    def check_passes(self, times: int) -> None:  # noqa: B027 (most can)
        """Refuse data that cannot be read from the start to an end so many times."""

    def check_resumable(self) -> None:  # noqa: B027 (most can)
        """Refuse data whose earlier batches cannot be had, or skipped, again."""


class SequentialData(TaskData):
    """Data whose passes can only be read from the first batch on."""

    def batches(self, start: int = 0) -> Iterator[Batch]:
        """The batches from a position on: those before it are read and left out."""
        skipped = 0
        for number in count():
            empty = True
            for batch in self.one_pass(number):
                empty = False
                if skipped < start:
                    skipped += 1
                else:
                    yield batch
            if empty:
                raise InvalidTaskData(f"The data of `{self.name}` gave no batch in pass {number}.")

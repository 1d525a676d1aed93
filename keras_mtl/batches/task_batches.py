"""The interface that every kind of task data has."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import chain, count

from keras_mtl.batches.batch import Batch
from keras_mtl.errors import InvalidTaskData


class TaskData(ABC):
    """The data of one task, or of several tasks at once, as an endless sequence of batches.

    A position counts the batches since training began, over all passes.

    Attributes:
        name: What messages call the data: the name of the task.
        num_batches: Batches in a pass; None where it is not known.
        is_own_share: Whether each of several processes that train together has batches of its own.
        shard_policy: The name of the `auto_shard_policy` of a `tf.data.Dataset`; "" for others.
    """

    is_own_share = False
    shard_policy = ""

    def __init__(self, name: str, num_batches: int | None) -> None:
        if num_batches == 0:
            raise InvalidTaskData(f"The data of `{name}` are empty.")
        self.name = name
        self.num_batches = num_batches

    @abstractmethod
    def one_pass(self, number: int = 0) -> Iterator[Batch]:
        """Return the batches of one pass; passes of a stream must be read one after the other."""

    @abstractmethod
    def batches(self, start: int = 0) -> Iterator[Batch]:
        """Return the batches from a position on; a new pass follows the last batch of a pass."""

    def repeatable_pass(self, number: int) -> Iterator[Batch]:
        """Return `one_pass`, with random numbers that depend on the seed and the number alone."""
        return self.one_pass(number)

    def skip_passes(self, numbers: range) -> None:  # noqa: B027 (most remember nothing)
        """Change what the data remember as some passes that are not read would have done."""

    def open(self, start: int = 0) -> Iterator[Batch]:
        """Return `batches` with the first batch already read, so its errors precede training."""
        batches = self.batches(start)
        # `batches` is lazy in most classes: nothing is read, or refused, before the first `next`.
        return chain([next(batches)], batches)

    @abstractmethod
    def fingerprint(self) -> str:
        """Return the hash of what is known about the data without reading all of them."""

    def check_passes(self, times: int) -> None:  # noqa: B027 (most can)
        """Refuse data that cannot be read for `times` full passes."""

    def check_resumable(self) -> None:  # noqa: B027 (most can)
        """Refuse data that cannot go back to an earlier position."""


class SequentialData(TaskData):
    """Data whose passes can be read only from their first batch on."""

    def batches(self, start: int = 0) -> Iterator[Batch]:
        """Yield the batches from a position on; batches before it are read and dropped."""
        skipped = 0
        for number in count():
            empty = True
            for batch in self.repeatable_pass(number):
                empty = False
                if skipped < start:
                    skipped += 1
                else:
                    yield batch
            if empty:
                raise InvalidTaskData(f"The data of `{self.name}` gave no batch in pass {number}.")

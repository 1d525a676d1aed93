"""The processes that train one model together, the workers, and what they tell each other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import MappingProxyType
from typing import Any

import numpy as np

from keras_mtl import errors


class Workers:
    """The processes that train one model together; this class is a process that is alone.

    All of them call the same methods in the same order, since each waits for the others.

    Attributes:
        addresses: The address of each worker; that of the chief is the first one.
        index: The position of this process among them.
        replicas: The number of devices of all workers together.
        first_of_job: The position of the first worker of each job, as `TF_CONFIG` calls it.
        assigns_alone: Whether a worker may give variables new values without the others.
    """

    addresses: Sequence[str] = ("localhost",)
    index = 0
    replicas = 1
    first_of_job: Mapping[str, int] = MappingProxyType({"worker": 0})
    assigns_alone = True

    @property
    def size(self) -> int:
        """The number of workers."""
        return len(self.addresses)

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes files."""
        return self.index == 0

    def name_of(self, index: int) -> str:
        """Return what messages call a worker."""
        return f"worker {index} (`{self.addresses[index]}`)"

    def exchanged(self, value: Any) -> list[Any]:
        """Return what each worker has passed.

        Args:
            value: Anything that JSON holds.
        """
        return [value]

    def from_chief(self, values: np.ndarray) -> np.ndarray:
        """Return what the chief has passed; the others pass an array of the same dtype.

        Args:
            values: Numbers of any shape and dtype, which only that of the chief matter.
        """
        return values

    def scope(self) -> AbstractContextManager[Any]:
        """Return the context in which the devices of all workers compute together."""
        return nullcontext()

    def lost(self, others: Sequence[int], backup: Any) -> errors.WorkerLost:
        """Return the error that some workers have ended.

        Args:
            others: The positions of those that have ended, as far as they are known.
            backup: The folder of the backups, or None.
        """
        who = " and ".join(map(self.name_of, others)) or "another worker"
        have = "have" if len(others) > 1 else "has"
        what = "start all workers again; with `backup` they would go on from there"
        if backup is not None:
            what = (
                "start all workers again with the same command, which goes on from the backup in "
                f"{os.fspath(backup)!r}"
            )
        sentence = f"{who[0].upper()}{who[1:]} {have} ended or cannot be reached: {what}."
        return errors.WorkerLost(sentence)

    def any(self, flag: bool) -> bool:
        """Return whether any worker has passed True."""
        return any(self.exchanged(bool(flag)))

    @contextmanager
    def watched(self, backup: Any = None) -> Iterator[None]:
        """Raise one sentence where another worker has ended.

        Args:
            backup: The folder of the backups from which to go on, which the sentence names, or
                None.

        Raises:
            WorkerLost: Another worker has ended.
        """
        del backup
        yield

    @contextmanager
    def failing_together(self) -> Iterator[None]:
        """Raise an error of one worker on all of them, so that none waits for it for ever.

        Nothing within may wait for another worker.

        Raises:
            KerasMtlError: Another worker has raised it.
            WorkersDiffer: Another worker has raised an error that is not of `keras_mtl`.
        """
        try:
            yield
        except Exception as error:
            self.exchanged([type(error).__name__, str(error)])
            raise
        for index, failed in enumerate(self.exchanged(None)):
            if failed:
                raise _error_of(self.name_of(index), *failed)


ALONE = Workers()


def _error_of(worker: str, name: str, message: str) -> Exception:
    """Return the error of another worker, of its class if that is one of ours."""
    kind: Any = getattr(errors, name, errors.WorkersDiffer)
    if "__init__" in vars(kind):  # Its message is made of other arguments.
        kind = errors.WorkersDiffer
    error: Exception = kind(f"{worker[0].upper()}{worker[1:]} could not begin: {message}")
    return error

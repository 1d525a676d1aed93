"""The order of rows, or of batches, in each pass."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

import numpy as np

BATCH_SIZE = 32
"""Rows of a batch where none are asked for, as in Keras."""


class Order(NamedTuple):
    """How rows become batches, and in which order.

    Attributes:
        batch_size: Rows of a batch of arrays.
        shuffle: Whether arrays, and the batches of a `PyDataset`, are shuffled for each pass.
        seed: Seed of the run.
    """

    batch_size: int
    shuffle: bool
    seed: int


def order_of_pass(size: int, number: int, *, name: str, seed: int) -> np.ndarray:
    """Return a random order of `range(size)` that depends on the arguments alone.

    Args:
        size: The number of rows or batches.
        number: The number of the pass.
        name: The name of the task, so that tasks of the same size get different orders.
        seed: Seed of the run.
    """
    random = np.random.Generator(np.random.Philox(seed_of(seed, name, number)))
    return random.permutation(unshuffled(size))


def unshuffled(size: int) -> np.ndarray:
    """Return `range(size)` in the smaller of the two dtypes that index rows in compiled steps."""
    return np.arange(size, dtype=np.int32 if size < 2**31 else np.int64)


def seed_of(seed: int, name: str, number: int) -> np.random.SeedSequence:
    """Return a seed for one pass over the data of one task."""
    # Not `hash`, which differs between processes: a resumed run needs the same order.
    return np.random.SeedSequence([seed, crc32(name.encode()), number])


def seed_of_draws(seed: int, name: str, number: int, what: int | str) -> np.random.SeedSequence:
    """Return a seed for what a data set draws while it gives a batch, or in a hook.

    Args:
        seed: Seed of the run.
        name: The name of the task.
        number: The number of the pass.
        what: The place of the batch in the pass, or the name of the hook.
    """
    place = crc32(what.encode()) if isinstance(what, str) else what
    return np.random.SeedSequence(
        [seed, crc32(name.encode()), number, isinstance(what, str), place]
    )

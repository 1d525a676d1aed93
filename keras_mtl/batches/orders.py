"""The order of rows, or of batches, in each pass."""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32

import numpy as np


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
    """A random order of `range(size)` that depends on the arguments alone.

    Args:
        size: How many are ordered.
        number: Of the pass.
        name: Of the task, so that tasks of one size are not shuffled alike.
        seed: Seed of the run.
    """
    random = np.random.Generator(np.random.Philox(seed_of(seed, name, number)))
    return random.permutation(unshuffled(size))


def unshuffled(size: int) -> np.ndarray:
    """`range(size)` in the smaller of the two dtypes that can index rows in a compiled step."""
    return np.arange(size, dtype=np.int32 if size < 2**31 else np.int64)


def seed_of(seed: int, name: str, number: int) -> np.random.SeedSequence:
    """A seed for each pass over each task's data."""
    return np.random.SeedSequence([seed, crc32(name.encode()), number])

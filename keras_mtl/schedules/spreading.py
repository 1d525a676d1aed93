"""Evenly spread steps of tasks, and evenly spread random numbers: others would cluster."""

from __future__ import annotations

from functools import lru_cache
from math import ceil

import numpy as np

from keras_mtl.common.arguments import whole_number

SMALLEST = 64
"""Steps of a block: as few as possible, since the shares are exact only over whole blocks."""
LARGEST = 1 << 16
"""No more, whatever the shares: the numbers of a block are held in memory."""


def block_for(smallest_share: float) -> int:
    """Return the steps of a block in which every share has at least one."""
    return int(min(max(SMALLEST, ceil(round(1 / smallest_share, 6)) + 1), LARGEST))


def spread_numbers(steps: np.ndarray, *, seed: int, block: int) -> np.ndarray:
    """Return a number in [0, 1) for each step: uniform, and evenly spread in each block of steps.

    This is systematic sampling: a block holds the points `(i + u) / block` in random order, so
    that an interval of length p has `p * block` of them, rounded up or down.

    Args:
        steps: Integers of shape `(n,)`.
        seed: Seed of the run.
        block: Steps in a block.
    """
    seed = whole_number("seed", seed, least=0)
    numbers, where = np.unique(steps // block, return_inverse=True)
    drawn = np.array([_points(seed, int(number), block) for number in numbers])
    return drawn.reshape(-1, block)[where, steps % block]


@lru_cache(maxsize=16)
def _points(seed: int, number: int, block: int) -> np.ndarray:
    """Return the points of one block, which depend on its number and the seed only."""
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, number, block])))
    points = (random.permutation(block) + random.random()) / block
    points.flags.writeable = False  # They are cached.
    return points


@lru_cache(maxsize=8)
def spread_evenly(sizes: tuple[int, ...]) -> np.ndarray:
    """Return which task trains at each step of an epoch in which each has a number of steps.

    Args:
        sizes: The numbers of steps. The i-th of n steps stands at (i + 1/2) / n of the epoch.
    """
    places = np.concatenate([(np.arange(size) + 0.5) / size for size in sizes])
    owners = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    pattern = owners[np.argsort(places, kind="stable")]
    pattern.flags.writeable = False  # All schedules of these sizes share the cached array.
    return pattern

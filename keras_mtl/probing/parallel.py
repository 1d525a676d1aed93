"""Linear algebra on many small matrices, one on each core."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return the results in the order of the items.

    NumPy releases Python's global lock in linear algebra. BLAS gets one thread for each item: on
    matrices of a few hundred rows several threads are slower than one, much slower on a busy
    machine.
    """
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(function, items))

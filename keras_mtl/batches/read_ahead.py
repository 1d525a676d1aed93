"""Reading batches in threads while others are trained on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD = 4
"""Batches that are read before they are asked for."""
THREADS = 2


def read_ahead(
    read: Callable[[Item], Result], items: Iterable[Item], *, ahead: int = AHEAD
) -> Iterator[Result]:
    """Yield what is read for each item, in their order, while the next ones are read in threads.

    An error is raised where its result would come. The items are drawn in the thread of the caller.

    Args:
        read: Reads one item; it is called in several threads at once.
        items: What is read; it may have no end.
        ahead: How many items are read before they are asked for.
    """
    left = iter(items)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="read_ahead") as threads:
        waiting: deque[Future[Result]] = deque(
            threads.submit(read, item) for item in islice(left, ahead)
        )
        try:
            while waiting:
                result = waiting.popleft().result()
                waiting.extend(threads.submit(read, item) for item in islice(left, 1))
                yield result
        finally:  # Whoever stops before the end does not wait for what nobody asks for.
            for future in waiting:
                future.cancel()

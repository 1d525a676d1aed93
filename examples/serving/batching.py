"""Requests that come at the same time, run as one batch."""

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from .limits import Refused


@dataclass
class Waiting:
    """A request that waits for its part of a batch."""

    task: str | None
    arrays: dict[str, Any]
    rows: int
    answer: asyncio.Future

    @property
    def key(self):
        """What is the same for requests that can share a batch."""
        return self.task, tuple(array.shape[1:] for array in self.arrays.values())


class Batcher:
    """Runs a model on what has come while it was busy.

    A request that comes alone runs at once: it never waits for others. While a batch runs, those
    that come wait, and make the next batch.
    """

    def __init__(self, run, executor, limits, metrics):
        self._run, self._executor, self._limits, self._metrics = run, executor, limits, metrics
        self._queue, self._queued = deque(), 0
        self._come, self._before = asyncio.Event(), 1
        self._task = asyncio.create_task(self._work())

    async def answer(self, task, arrays, rows):
        """Return the outputs for some rows, by name."""
        if self._queued + rows > self._limits.max_queued:
            raise Refused(429, f"{self._queued} rows are waiting. Try again in a second.")
        one = Waiting(task, arrays, rows, asyncio.get_running_loop().create_future())
        self._queue.append(one)
        self._count(rows)
        self._come.set()
        return await one.answer

    def close(self):
        self._task.cancel()

    async def _work(self):
        while True:
            await self._come.wait()
            if self._before > 1 and len(self._queue) < self._before:
                await asyncio.sleep(self._limits.max_wait)
            batch = self._next()
            if batch:
                await self._answer(batch)

    def _next(self):
        """Take the requests that can run with the first one; the others stay in their order."""
        batch, left, rows = [], deque(), 0
        while self._queue:
            one = self._queue.popleft()
            if one.answer.cancelled():  # Whoever asked has gone.
                self._count(-one.rows)
            elif batch and (one.key != batch[0].key or rows + one.rows > self._limits.max_rows):
                left.append(one)
            else:
                batch.append(one)
                rows += one.rows
        self._queue = left
        if not left:
            self._come.clear()
        self._count(-rows)
        self._before = len(batch)
        return batch

    async def _answer(self, batch):
        try:
            outputs = await self._run_together(batch)
        except Exception as error:
            if len(batch) > 1:  # One of them is to blame; the others are answered.
                for one in batch:
                    await self._answer([one])
            elif not batch[0].answer.done():
                batch[0].answer.set_exception(_refusal(error))
            return
        start = 0
        for one in batch:
            part = {name: output[start : start + one.rows] for name, output in outputs.items()}
            start += one.rows
            if not one.answer.done():
                one.answer.set_result(part)

    async def _run_together(self, batch):
        names = batch[0].arrays
        arrays = {name: np.concatenate([one.arrays[name] for one in batch]) for name in names}
        self._metrics.batch_rows.observe(sum(one.rows for one in batch))
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._run, batch[0].task, arrays)

    def _count(self, rows):
        self._queued += rows
        self._metrics.queued.set(self._queued)


def _refusal(error):
    """The error of what only the model itself can find, such as bytes that are no picture."""
    if isinstance(error, Refused):
        return error
    return Refused(400, f"The model cannot be run on this: {' '.join(str(error).split())[:300]}")

"""The versions of a model in a folder: the newest one serves, the one before ends its requests."""

import asyncio
import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from keras_mtl import load_export

from .batching import Batcher

AVAILABLE, LOADING, END = "AVAILABLE", "LOADING", "END"


class Version:
    """An exported model that serves."""

    def __init__(self, number, loaded, executor, limits, metrics):
        self.number, self.loaded = number, loaded
        self._batcher = Batcher(self._run, executor, limits, metrics)
        self._users, self._unused = 0, asyncio.Event()

    @property
    def inputs(self):
        return self.loaded.inputs

    async def answer(self, task, arrays, rows):
        """Return the outputs of a task, or of all, by name; new versions do not disturb it."""
        self._users += 1
        try:
            return await self._batcher.answer(task, arrays, rows)
        finally:
            self._users -= 1
            if not self._users:
                self._unused.set()

    async def retire(self):
        """Wait for the requests that it still has to answer, and end."""
        while self._users:
            self._unused.clear()
            await self._unused.wait()
        self._batcher.close()

    def _run(self, task, arrays):
        rows = len(next(iter(arrays.values())))
        names = [one.name for one in self.loaded.outputs]
        if task is not None or len(names) == 1:
            name = task or names[0]
            return {name: self.loaded.predict(arrays, task=name, batch_size=rows)}
        outputs = self.loaded.predict(arrays, batch_size=rows)
        return outputs if isinstance(outputs, dict) else dict(zip(names, outputs, strict=True))


class Versions:
    """The folder of a model, with a subfolder for each version; or that of one export."""

    def __init__(self, folder, limits, metrics):
        self._folder, self._limits, self._metrics = Path(folder), limits, metrics
        # One thread: what runs a model has threads of its own.
        self._executor = ThreadPoolExecutor(1)
        self._loader = ThreadPoolExecutor(1)
        self.current, self.states, self._failed, self._retiring = None, {}, {}, set()

    async def watch(self):
        """Look for a new version, for ever."""
        while True:
            await self.update()
            await asyncio.sleep(self._limits.poll_seconds)

    async def update(self):
        """Serve the highest version that is there and can be loaded."""
        there = self._there()
        for number in sorted(there, reverse=True):
            if self.current is not None and number == self.current.number:
                return
            content = _content(there[number])
            if self._failed.get(number) == content:  # It is tried again when its files change.
                continue
            if await self._serve(number, there[number]):
                return
            self._failed[number] = content

    async def close(self):
        if self.current is not None:
            await self.current.retire()
        await asyncio.gather(*self._retiring)
        self._executor.shutdown()
        self._loader.shutdown()

    async def _serve(self, number, folder):
        self.states[number] = (LOADING, "")
        loop = asyncio.get_running_loop()
        try:
            loaded = await loop.run_in_executor(self._loader, _ready, folder)
        except Exception as error:  # The version before goes on, and the status says why.
            self.states[number] = (END, " ".join(str(error).split()))
            return False
        before, self.current = (
            self.current,
            Version(number, loaded, self._executor, self._limits, self._metrics),
        )
        self.states[number] = (AVAILABLE, "")
        self._metrics.version.set(number)
        if before is not None:
            self.states.pop(before.number, None)
            self._retiring.add(retiring := asyncio.create_task(before.retire()))
            retiring.add_done_callback(self._retiring.discard)
        return True

    def _there(self):
        if not self._folder.is_dir():
            return {}
        if (self._folder / "manifest.json").exists():
            return {1: self._folder}
        names = [one for one in self._folder.iterdir() if one.name.isdecimal()]
        return {int(one.name): one for one in names if (one / "manifest.json").exists()}


def _content(folder):
    """What changes with the files of a version."""
    found = [one.stat() for one in sorted(folder.rglob("*"))]
    return [(one.st_mtime_ns, one.st_size) for one in found]


def _ready(folder):
    """Return a model that has run once, so that the first request does not wait for that."""
    loaded = load_export(folder)
    rows = {one.name: _row(one) for one in loaded.inputs}
    with contextlib.suppress(Exception):  # Such as of no picture, where encoded ones are taken.
        loaded.predict(rows)
    return loaded


def _row(one):
    shape = [1, *(size or 1 for size in one.shape[1:])]
    return np.full(shape, "", object) if one.dtype == "string" else np.zeros(shape, one.dtype)

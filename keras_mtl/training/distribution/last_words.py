"""A sentence on standard error for a process that is aborted because another one has ended.

When the process that hosts the coordination service of JAX ends, the runtime of JAX aborts the
others at once, with a message of its own and before Python could say anything. So a small program
outlives them. It is this file, and imports nothing of the package.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

EVERY = 0.2
"""Seconds from one look at the process to the next."""


class LastWords:
    """Says at the end of this process, however it ends, which other process had ended before."""

    def __init__(self) -> None:
        self._program: subprocess.Popen[str] | None = None
        self._insists = False
        atexit.register(self.withdraw)

    def prepare(self, sentences: Mapping[str, str]) -> None:
        """Have a sentence said if a process is gone when this one ends.

        Args:
            sentences: The sentences by the addresses of the other processes; none to say nothing.
        """
        if self._insists or not (sentences or self._program):
            return
        try:
            self._program = self._program or _started()
            assert self._program.stdin is not None
            self._program.stdin.write(json.dumps(dict(sentences)) + "\n")
            self._program.stdin.flush()
        except OSError:  # No process can be started here, or it was killed: training goes on.
            self._program = None

    def insist(self) -> None:
        """Have it said even if Python gets to the end, where the process may still be aborted."""
        self._insists = True

    def withdraw(self) -> None:
        """Say nothing at the end, unless it is insisted on."""
        if self._program is not None and not self._insists:
            self._program.kill()
            self._program.communicate()
            self._program = None


def _started() -> subprocess.Popen[str]:
    call = [sys.executable, "-I", "-S", __file__, str(os.getpid())]
    # In a session of its own, so that an interruption by the keyboard does not reach it.
    return subprocess.Popen(
        call, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True
    )


def outlive(process: int, lines: Iterable[str]) -> None:
    """Wait for the end of the process that started this one, and write at most one sentence.

    Args:
        process: Its number.
        lines: What it has to be said at the end, as `LastWords` writes it; the last one counts.
    """
    is_there = runpy.run_path(str(Path(__file__).with_name("peers.py")))["is_there"]
    sentences: dict[str, str] = {}

    def read() -> None:
        nonlocal sentences
        for line in lines:
            sentences = json.loads(line)

    # No end of the lines tells that a process has ended whose children hold the pipe too.
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    while os.getppid() == process:
        time.sleep(EVERY)
    reader.join(EVERY)
    for address, sentence in sentences.items():
        if not is_there(address):
            print(sentence, file=sys.stderr, flush=True)
            return


if __name__ == "__main__":
    outlive(int(sys.argv[1]), sys.stdin)

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
import time
from collections.abc import Mapping
from pathlib import Path

EVERY = 0.2
"""Seconds from one look at the process to the next."""


class LastWords:
    """Says at the end of this process, however it ends, which other process had ended before."""

    def __init__(self) -> None:
        self._sentences: dict[str, str] = {}
        self._program: subprocess.Popen[bytes] | None = None
        atexit.register(self.withdraw)

    def prepare(self, sentences: Mapping[str, str]) -> None:
        """Have a sentence said if a process is gone when this one ends.

        Args:
            sentences: The sentences by the addresses of the other processes.
        """
        if dict(sentences) == self._sentences:
            return
        self.withdraw()
        self._sentences = dict(sentences)
        call = [sys.executable, "-I", "-S", __file__, str(os.getpid()), json.dumps(self._sentences)]
        # In a session of its own, so that an interruption by the keyboard does not reach it.
        self._program = subprocess.Popen(
            call, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
        )

    def insist(self) -> None:
        """Have it said even if Python gets to the end, where the process may still be aborted."""
        atexit.unregister(self.withdraw)

    def withdraw(self) -> None:
        """Say nothing."""
        if self._program is not None:
            self._program.kill()
            self._program.wait()
        self._program, self._sentences = None, {}


def outlive(process: int, sentences: Mapping[str, str]) -> None:
    """Wait for the end of the process that started this one, and write at most one sentence."""
    is_there = runpy.run_path(str(Path(__file__).with_name("peers.py")))["is_there"]
    while os.getppid() == process:
        time.sleep(EVERY)
    for address, sentence in sentences.items():
        if not is_there(address):
            print(sentence, file=sys.stderr, flush=True)
            return


if __name__ == "__main__":
    outlive(int(sys.argv[1]), json.loads(sys.argv[2]))

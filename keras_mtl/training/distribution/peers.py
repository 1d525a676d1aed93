"""Whether the other workers are still there, while this one computes and does not hear of them."""

from __future__ import annotations

import _thread
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from types import FrameType
from typing import Any

EVERY = 1.0
"""Seconds from one look at the other workers to the next."""
TRIES = 3
"""Looks in turn at which a worker is not there before it counts as gone."""


class PeerWatch:
    """Looks at the ports of other workers from a thread, and interrupts the main thread.

    A collective operation that waits for a worker fails when that one ends. A worker that compiles
    its first step, or runs a callback, waits for nobody and would notice only minutes later.

    Args:
        addresses: The addresses of the other workers by their positions.
        every: Seconds from one look to the next.

    Attributes:
        lost: The position of a worker that is gone; None while all are there.
    """

    def __init__(self, addresses: Mapping[int, str], every: float = EVERY) -> None:
        self.lost: int | None = None
        self._addresses = dict(addresses)
        self._every = every
        self._before: Any = signal.SIG_DFL
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="peer_watch", daemon=True)

    def start(self) -> None:
        """Begin to look; only the main thread can be interrupted, so others are left alone."""
        if threading.current_thread() is not threading.main_thread():
            return
        # Ignored, as for what a script starts with `&`, or left to the system.
        if signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, signal.SIG_DFL):
            self._before = signal.signal(signal.SIGINT, self._interrupted)
        self._thread.start()

    def stop(self) -> None:
        """Look no more; an interruption that is on its way ends here."""
        self._ended.set()
        try:
            self._wait()
        finally:
            if signal.getsignal(signal.SIGINT) == self._interrupted:
                signal.signal(signal.SIGINT, self._before)

    def caused(self, error: BaseException) -> bool:
        """Return whether an error comes of the interruption.

        Code in C++ that raises an error at that moment raises another one, which names both.
        """
        is_named = isinstance(error, KeyboardInterrupt) or "KeyboardInterrupt" in str(error)
        return self.lost is not None and is_named

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        """Do with the signal what was done before, unless a worker is gone."""
        if self.lost is not None:
            raise KeyboardInterrupt
        if self._before is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            signal.raise_signal(signal.SIGINT)

    def _wait(self) -> None:
        if not self._thread.is_alive() and self.lost is None:
            return
        try:
            self._thread.join()
            time.sleep(0.01)  # The interpreter raises what is on its way.
        except KeyboardInterrupt:
            if self.lost is None:
                raise

    def _watch(self) -> None:
        missed = dict.fromkeys(self._addresses, 0)
        while not self._ended.wait(self._every):
            for index, address in self._addresses.items():
                missed[index] = 0 if is_there(address) else missed[index] + 1
                if missed[index] == TRIES and not self._ended.is_set():
                    self.lost = index
                    _interrupt_main_thread()
                    return


def _interrupt_main_thread() -> None:
    """Do what Ctrl-C does; where there are signals of threads, waiting in C++ ends too."""
    main = threading.main_thread().ident
    if sys.platform == "win32" or main is None:
        _thread.interrupt_main()
    else:
        signal.pthread_kill(main, signal.SIGINT)


def is_there(address: str) -> bool:
    """Return whether a process listens at an address."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=5).close()
    except OSError:
        return False
    return True

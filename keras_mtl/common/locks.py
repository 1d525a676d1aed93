"""Locks on files: the operating system lets go of a lock when the process that holds it ends."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import IO

_HELD: set[str] = set()
"""The locks of this process: the operating system knows processes, but no threads."""
_CHANGING = Lock()


class AlreadyLocked(Exception):
    """Another owner holds the lock.

    Attributes:
        owner: Who that is, such as `process 123 on nova`.
    """

    def __init__(self, owner: str) -> None:
        super().__init__(owner)
        self.owner = owner


@contextmanager
def locked(path: str | Path) -> Iterator[None]:
    """Hold a lock on a file; the file is made for it, and deleted at the end.

    A file that a killed process has left behind is taken over.

    Args:
        path: The file, which nothing else opens.

    Raises:
        AlreadyLocked: Another process, or this one, holds the lock.
        OSError: The file cannot be written, or the file system knows no locks.
    """
    path = Path(os.path.realpath(path))
    with _CHANGING:
        # Not opened twice: to close a file ends all locks that the process has on it.
        if str(path) in _HELD:
            raise AlreadyLocked(_name())
        file = _opened(path)
        _HELD.add(str(path))
    try:
        yield
    finally:
        with _CHANGING:
            _HELD.discard(str(path))
            _delete(path, file)


def _opened(path: Path) -> IO[str]:
    """Return the file, locked, with the name of this process in it."""
    while True:
        file = path.open("a+", encoding="utf-8")
        try:
            if not _lock(file):
                file.seek(0)
                raise AlreadyLocked(file.read() or "another process")
            if _is_still_there(path, file):
                file.truncate(0)
                file.write(_name())
                file.flush()
                return file
        except BaseException:
            file.close()
            raise
        file.close()  # Its owner has deleted it after it was opened here: another one is made.


def _is_still_there(path: Path, file: IO[str]) -> bool:
    return path.exists() and os.path.samestat(path.stat(), os.fstat(file.fileno()))


def _lock(file: IO[str]) -> bool:
    """Lock a file and return True, or return False if another process holds the lock."""
    try:
        # A lock of `flock` would live on in processes that were forked, such as workers that load
        # data; these locks belong to the process.
        if sys.platform == "win32":
            import msvcrt

            file.seek(1 << 20)  # Others could not read what is locked.
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
            return False
        raise
    return True


def _delete(path: Path, file: IO[str]) -> None:
    if sys.platform == "win32":  # It deletes no file that is open.
        file.close()
        path.unlink(missing_ok=True)
    else:
        path.unlink(missing_ok=True)
        file.close()


def _name() -> str:
    return f"process {os.getpid()} on {socket.gethostname()}"

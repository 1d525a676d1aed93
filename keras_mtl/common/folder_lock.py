"""A lock on a folder, for the time in which one process alone may write there."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keras_mtl.errors import FolderInUse

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK = ".lock"
"""The name of the file that is locked. The lock ends with its process, however that ends."""


@contextmanager
def locked_folder(folder: str | Path) -> Iterator[None]:
    """Keep other processes, and other threads of this one, out of a folder.

    Args:
        folder: An existing folder, in which everybody who writes asks for the lock.

    Raises:
        FolderInUse: Another process or thread has the lock.
        OSError: No lock can be had there, as in a folder that is read-only.
    """
    path = Path(folder) / LOCK
    descriptor = _opened_and_locked(path)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield
    finally:
        if sys.platform != "win32":  # Windows deletes no open file.
            path.unlink(missing_ok=True)
        os.close(descriptor)


def _opened_and_locked(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(descriptor)
            if _is_still_at(path, descriptor):
                return descriptor
        except BlockingIOError:
            owner = os.read(descriptor, 1000).decode(errors="replace") or "another process"
            os.close(descriptor)
            raise FolderInUse(
                f"`{path.parent}` is in use by {owner}. Wait until it ends, or use another folder."
            ) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _is_still_at(path: Path, descriptor: int) -> bool:
    """Return whether the locked file was not deleted by its last owner in the meantime."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


if sys.platform == "win32":

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 2**30, os.SEEK_SET)  # Behind the text, which others read.
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            os.lseek(descriptor, 0, os.SEEK_SET)
            raise BlockingIOError from error
        os.lseek(descriptor, 0, os.SEEK_SET)

else:

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

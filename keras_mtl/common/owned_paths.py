"""Files and folders of one process: deleted when it is terminated, found when it was killed."""

from __future__ import annotations

import math
import os
import re
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from keras_mtl.common.hashing import Hash

_OWNER = re.compile(r"(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-[^-.]+")
# The process that registered each folder: a process that was forked inherits them, and may be
# terminated while its parent goes on.
_owners: dict[Path, int] = {}


def owner_name() -> str:
    """Return a new name, or part of a name, that tells which process a folder belongs to."""
    return f"{_machine()}-{os.getpid()}-{uuid4().hex[:8]}"


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Count a folder, or a file, as in use by this process; delete it if that is terminated.

    A handler of SIGTERM that somebody else has set stays: it decides what happens.

    Args:
        folder: A path with `owner_name` in its name; the folder may be made later.
    """
    known = _key(folder)
    _owners[known] = os.getpid()
    with _deleting_on_sigterm():
        try:
            yield
        finally:
            _owners.pop(known, None)


def is_abandoned(folder: Path, unknown: float = math.inf) -> bool:
    """Return whether the process that a folder belongs to is gone.

    Args:
        folder: An existing folder or file.
        unknown: Seconds without a write after which the folder of a process counts as abandoned
            that cannot be asked: one of another machine, or of an earlier version. By default it
            never does.
    """
    owner = _OWNER.search(folder.name)
    if owner is None or owner["machine"] != _machine() or sys.platform == "win32":
        return _seconds_since_write(folder) > unknown
    process = int(owner["process"])
    if process == os.getpid():  # The number of a process that ended is given to another one.
        return _key(folder) not in _owners
    return not is_running(process)


def delete(path: Path) -> None:
    """Delete a folder, a file or a link; the folder that a link leads to stays."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _key(folder: Path) -> Path:
    """Return the one spelling of a path: threads may give it relative, absolute or by a link."""
    # Of the folder around it: the folder itself may be made later, or be a link that belongs here.
    return Path(os.path.realpath(folder.parent), folder.name)


@contextmanager
def _deleting_on_sigterm() -> Iterator[None]:
    # Python takes handlers in its main thread only.
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _delete_and_end)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGTERM) is _delete_and_end:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _delete_and_end(number: int, frame: Any) -> None:
    """Delete the folders of this process, and end it as the signal would have."""
    for folder, process in list(_owners.items()):
        if process == os.getpid():
            delete(folder)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _machine() -> str:
    """Return a text for the machine, or the container, in which process numbers are unique."""
    namespace = Path("/proc/self/ns/pid")
    number = os.readlink(namespace) if namespace.is_symlink() else ""
    return Hash(f"{socket.gethostname()} {number}").hexdigest()[:8]


def is_running(process: int) -> bool:
    """Return whether a process of this machine runs; on Windows it cannot be asked."""
    if sys.platform == "win32":
        return True  # There `os.kill` would end it.
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # It is there, and somebody else's.
        return True
    return True


def _seconds_since_write(folder: Path) -> float:
    try:
        paths = [folder, *(folder.iterdir() if folder.is_dir() else ())]
        written = [path.stat().st_mtime for path in paths]
    except OSError:  # Its process has just renamed it.
        return 0.0
    return time.time() - max(written)

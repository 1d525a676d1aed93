"""Output of native code, which converters write past `sys.stdout` and `sys.stderr`."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def hidden_output() -> Iterator[None]:
    """Hide what this process prints, and its warnings: a failure is told by its exception.

    The file descriptors 1 and 2 are turned away, so what other threads print meanwhile is lost too.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):  # None under `pythonw`, or closed.
            stream.flush()
    kept = {number: os.dup(number) for number in (1, 2)}
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in kept:
            os.dup2(nowhere, number)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for number, copy in kept.items():
            os.dup2(copy, number)
            os.close(copy)
        os.close(nowhere)

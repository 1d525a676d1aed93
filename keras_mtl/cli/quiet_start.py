"""Imports what is heavy, once a command needs it."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from keras_mtl.cli.failures import debugging


def import_keras() -> Any:
    """Return Keras; the classes of this package are known to it then."""
    with quietly():
        return import_module("keras")


@contextmanager
def quietly() -> Iterator[None]:
    """Hide what TensorFlow writes to standard error from C++ when it is imported.

    Its log level does not count yet: TensorFlow 2.21 has lines about CPU, GPU and its own log.
    """
    if debugging() or "tensorflow" in sys.modules:
        yield
        return
    sys.stderr.flush()
    shown = os.dup(2)
    with tempfile.TemporaryFile() as hidden:
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(shown, 2)
            os.close(shown)

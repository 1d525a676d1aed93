"""Objects as bytes for other processes; their large arrays become files, which all of them map."""

from __future__ import annotations

import io
import mmap
import os
import pickle
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cloudpickle
import keras
import numpy as np

from keras_mtl.errors import FolderNotShared
from keras_mtl.heads.head import Head
from keras_mtl.jobs.sent_model import SentModel

WORTH_A_FILE = 2**20
"""Bytes from which on an array becomes a file."""

SAME_AS_FILE = ("r", "r+", "w+")
"""Modes of mapped arrays; what is changed in an array of mode "c" is not in its file."""

MADE_THERE = "Make what cannot be sent where it is used"
"""What can be done about most objects that cannot be sent."""


def pack(what: Any, folder: Path | None, *, compiled: bool = False) -> bytes:
    """Return an object as bytes.

    Args:
        what: The object. Models in it are sent as `.keras` files.
        folder: Where its large arrays are written; None for a pickle that holds them.
        compiled: Whether compiled models come back compiled, which losses and metrics that Keras
            does not know prevent.
    """
    buffer = io.BytesIO()
    _Packer(buffer, folder, compiled).dump(what)
    return buffer.getvalue()


def unpack(packed: bytes) -> Any:
    """Return the object that was packed, in a process that its sender has started or trusts.

    Raises:
        FolderNotShared: The files of its arrays are not on this machine.
    """
    return pickle.loads(packed)


def check_sendable(name: str, what: Any, instead: str = MADE_THERE) -> None:
    """Refuse an object that cannot be sent to another process.

    Args:
        name: What a message calls it.
        what: The object.
        instead: What the caller can do.

    Raises:
        TypeError: It cannot be sent.
    """
    try:
        _Packer(_Nowhere(), None).dump(what)
    except Exception as error:  # The object may be the user's.
        raise TypeError(
            f"With several jobs {name} is sent to other processes, which is not possible: "
            f"{_last_line(error)}. {instead}, or pass `n_jobs=1`."
        ) from error


class _Packer(cloudpickle.Pickler):
    def __init__(self, file: Any, folder: Path | None, compiled: bool = False) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._folder = folder
        self._compiled = compiled
        self._count = 0

    def reducer_override(self, obj: Any) -> Any:
        """Return how an object is made again; cloudpickle decides on all others."""
        # Keras itself would send models and layers in a way that loads any code.
        if isinstance(obj, keras.Model):
            compiled = self._compiled and obj.compiled
            return _model, (SentModel.of(obj), compiled)
        if isinstance(obj, Head):
            return _head, (type(obj), obj.get_config())
        if self._folder is not None and _is_worth_a_file(obj):
            return self._filed(obj)
        return super().reducer_override(obj)

    def _filed(self, array: np.ndarray) -> tuple[Callable[..., np.ndarray], tuple[Any, ...]]:
        if known := _known_file(array):
            return _mapped_part, known
        assert self._folder is not None
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder.absolute() / f"{self._count}.npy"
        self._count += 1
        np.save(path, array)
        return _mapped, (str(path),)


class _Nowhere(io.RawIOBase):
    """A file that keeps nothing."""

    def write(self, data: Any) -> int:
        return memoryview(data).nbytes


def _is_worth_a_file(obj: Any) -> bool:
    if type(obj) not in (np.ndarray, np.memmap) or obj.nbytes < WORTH_A_FILE:
        return False
    # Others would lose their type in a file.
    return obj.dtype.isbuiltin == 1 and not obj.dtype.hasobject


def _known_file(array: np.ndarray) -> tuple[Any, ...] | None:
    """Return where an array lies that is mapped as a whole already."""
    if not isinstance(array, np.memmap) or not isinstance(array.base, mmap.mmap):
        return None
    path = array.filename
    if path is None or not os.path.exists(path) or not array.flags.c_contiguous:
        return None
    if array.mode not in SAME_AS_FILE:
        return None
    return str(Path(path).absolute()), array.dtype, array.shape, array.offset


def _mapped(path: str) -> np.ndarray:
    """Map a file; what is changed in the array stays in this process."""
    with _expected_here(path):
        return np.asarray(np.load(path, mmap_mode="c"))


def _mapped_part(path: str, dtype: np.dtype, shape: tuple[int, ...], offset: int) -> np.ndarray:
    with _expected_here(path):
        return np.asarray(np.memmap(path, dtype, "c", offset, shape))


@contextmanager
def _expected_here(path: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise not_shared(os.path.dirname(path)) from error


def not_shared(folder: str) -> FolderNotShared:
    """Return the error for a folder that is missing on this machine."""
    return FolderNotShared(
        f"`{folder}`, through which jobs share files, is not there on `{socket.gethostname()}`: "
        "give a `directory` that all machines see under the same path."
    )


def _model(sent: SentModel, compiled: bool) -> keras.Model:
    return sent.load(compiled=compiled)


def _head(cls: type[Head], config: dict[str, Any]) -> Head:
    return cls.from_config(config)


def _last_line(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip('" ')]
    return (lines[-1] if lines else type(error).__name__).rstrip(".")

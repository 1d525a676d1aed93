"""Hashes of arrays, of settings and of several hashes; none differs between two processes."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from hashlib import blake2b, sha256
from typing import Any

import numpy as np

SIZE = 16
"""Bytes of a hash."""


class Hash:
    """A hash that grows with what is added to it.

    Args:
        start: The first bytes.
        long: Whether to hash by SHA-256, by which folders of searches know their models.
    """

    def __init__(self, start: bytes | str = b"", *, long: bool = False) -> None:
        self._total = sha256() if long else blake2b(digest_size=SIZE)
        self.add(start)

    def add(self, content: bytes | str) -> None:
        """Add bytes or text."""
        self._total.update(_encoded(content))

    def add_array(self, array: np.ndarray) -> None:
        """Add the dtype, the shape and the values of an array."""
        self.add(form_of(array))
        self.add_values(array)

    def add_values(self, array: np.ndarray) -> None:
        """Add the values of an array, without a copy where they are numbers."""
        self._total.update(values_of(array))

    def hexdigest(self) -> str:
        """Return the hash of all that was added."""
        return self._total.hexdigest()


def hash_of_settings(settings: Any) -> str:
    """Return the hash of a JSON-like value; other objects in it count by their text."""
    return Hash(json.dumps(settings, default=str)).hexdigest()


def hash_of_several(hashes: Iterable[str]) -> str:
    """Return the hash of several hashes in their order."""
    return Hash(" ".join(hashes)).hexdigest()


def checksum(content: bytes, start: int = 0) -> int:
    """Return a checksum of bytes; `start` is the checksum of the bytes before them."""
    return zlib.crc32(content, start)


def form_of(array: np.ndarray, shape: tuple[int, ...] | None = None) -> str:
    """Return a text for the dtype and shape of an array, or of a part that has another shape."""
    return f"{array.dtype.name}{array.shape if shape is None else shape}"


def values_of(array: np.ndarray) -> Any:
    """Return the values of an array as bytes: numbers as they are, objects as JSON."""
    if array.dtype.hasobject:
        return json.dumps(array.tolist(), default=repr).encode()
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def rows_of(array: np.ndarray) -> Any:
    """Return the values of an array so that the bytes of two parts are the bytes of the whole."""
    if array.dtype.hasobject:
        return b"".join(json.dumps(row, default=repr).encode() + b"\n" for row in array.tolist())
    return values_of(array)


def _encoded(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content

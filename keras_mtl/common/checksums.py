"""A checksum at the end of a file, over all bytes before it.

Formats such as zip find the end of their own content, and know nothing of what follows it. Their
own checksums do not cover their directories: of a damaged file a part may be missing unnoticed.
"""

from __future__ import annotations

import os
from typing import IO

from keras_mtl.common.hashing import checksum

MARK = b" checksum "
DIGITS = 8
AT_ONCE = 1 << 20
"""Bytes that are read at once."""


def add_checksum(file: IO[bytes]) -> None:
    """Add a checksum to a file that is open for reading and writing."""
    total = _checksum_of(file, file.seek(0, os.SEEK_END))
    file.write(MARK + f"{total:0{DIGITS}x}".encode())


def check_checksum(file: IO[bytes]) -> None:
    """Compare a file with its checksum, and go back to its beginning.

    Files of earlier versions have none, and pass.

    Raises:
        ValueError: They differ.
    """
    size = file.seek(0, os.SEEK_END)
    content = max(0, size - len(MARK) - DIGITS)
    file.seek(content)
    end = file.read()
    if end.startswith(MARK) and end != MARK + f"{_checksum_of(file, content):0{DIGITS}x}".encode():
        raise ValueError("its checksum is wrong")
    file.seek(0)


def _checksum_of(file: IO[bytes], size: int) -> int:
    """Return the checksum of the first bytes of a file, and stand behind them."""
    file.seek(0)
    total = 0
    for start in range(0, size, AT_ONCE):
        total = checksum(file.read(min(AT_ONCE, size - start)), total)
    return total

"""Texts that any file can hold."""

from __future__ import annotations

CONTROL_CHARACTERS = dict.fromkeys(
    [*range(9), 11, 12, *range(14, 32), 127, 0xFFFE, 0xFFFF], "\N{REPLACEMENT CHARACTER}"
)
"""What neither HTML nor XML can hold."""


def writable(text: str) -> str:
    r"""Return a text with a mark in place of what UTF-8, HTML and XML cannot hold.

    Example:
        >>> from keras_mtl.common.writable_text import writable
        >>> ascii(writable("a\x00 \ud800 é"))
        "'a\\ufffd ? \\xe9'"
    """
    return text.encode("utf-8", "replace").decode("utf-8").translate(CONTROL_CHARACTERS)

"""Sizes of files and of memory, as text."""

from __future__ import annotations

_UNITS = ("kB", "MB", "GB", "TB")


def size_text(number: int) -> str:
    """Return a number of bytes with three digits and the unit that fits, such as "1.25 MB"."""
    if number < 1000:
        return f"{number} bytes"
    value = float(number)
    for unit in _UNITS:
        value /= 1000
        if value < 999.5 or unit == _UNITS[-1]:
            break
    return f"{value:.3g} {unit}" if value < 999.5 else f"{value:.0f} {unit}"

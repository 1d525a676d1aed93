"""Suggestions for names that are not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def near_misses(name: object, names: Iterable[str], *, most: int = 3) -> list[str]:
    """Return the known names that are spelled most like `name`, the nearest first."""
    return get_close_matches(name, list(names), n=most) if isinstance(name, str) else []


def did_you_mean(name: object, names: Iterable[str]) -> str:
    """Return a question with the nearest name, with a space before it; "" if none is near."""
    near = near_misses(name, names, most=1)
    return f" Did you mean {near[0]!r}?" if near else ""

"""Suggestions for names that are not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(name: object, names: Iterable[str]) -> str:
    """A question that names what comes close, or nothing."""
    close = get_close_matches(name, list(names), n=1) if isinstance(name, str) else []
    return f" Did you mean {close[0]!r}?" if close else ""

"""Structures of tensors as Keras takes and gives them."""

from __future__ import annotations

from typing import Any


def unwrap_single(structure: Any) -> Any:
    """Return the only element of a list of one; anything else as it is."""
    if isinstance(structure, list | tuple) and len(structure) == 1:
        return structure[0]
    return structure

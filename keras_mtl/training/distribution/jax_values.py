"""Values of variables that a compiled function on JAX takes and gives back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def changed(values: Sequence[Any], new: Sequence[Any]) -> dict[int, Any]:
    """Return the values that are other objects than before, by their positions."""
    pairs = enumerate(zip(values, new, strict=True))
    return {index: value for index, (old, value) in pairs if value is not old}

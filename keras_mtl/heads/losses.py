"""Which loss a compiled model has."""

from __future__ import annotations

from typing import Any

import keras


def is_loss(loss: Any, kind: type[keras.losses.Loss]) -> bool:
    """Return whether a loss is of a class, or the function that the class computes."""
    return isinstance(loss, kind) or loss is kind().fn

"""How far what an engine gives is from what Keras gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

TOLERANCE = 1e-4
"""The largest difference allowed, as a fraction of the largest number.

A faithful conversion of 32-bit floats differs by 1e-6 or so; layers of a deep network add up.
"""


def largest_difference(expected: Sequence[np.ndarray], actual: Sequence[np.ndarray]) -> float:
    """Return the largest difference as a fraction of the scale of the array that it is in.

    Args:
        expected: What Keras gives, in arrays of which each has a scale of its own: its largest
            finite number.
        actual: What the engine gives.

    Returns:
        Infinity where shapes differ, or values that are no numbers.
    """
    return max(map(_relative_difference, expected, actual), default=0.0)


def _relative_difference(expected: np.ndarray, actual: np.ndarray) -> float:
    if expected.shape != actual.shape:
        return float("inf")
    first, second = expected.astype(np.float64), actual.astype(np.float64)
    same = (first == second) | (np.isnan(first) & np.isnan(second))
    if same.all():
        return 0.0
    with np.errstate(invalid="ignore"):
        differences = np.where(same, 0.0, np.abs(first - second))
    scale = float(np.max(np.abs(first), initial=0.0, where=np.isfinite(first)))
    largest = float(differences.max())
    return largest / scale if np.isfinite(largest) and scale > 0 else float("inf")

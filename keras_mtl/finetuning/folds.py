"""Parts of labelled rows that are held out in turn."""

from __future__ import annotations

import numpy as np


def held_out_parts(
    classes: np.ndarray | None, rows: int, parts: int, generator: np.random.Generator
) -> list[np.ndarray]:
    """Return the rows of each part, stratified by class.

    A class keeps a row outside of every part: its rows are dealt out in turn, and the row of a
    class that has only one is in no part.

    Args:
        classes: The class of each row; None to draw rows without looking at labels.
        rows: The number of rows.
        parts: The number of parts.
        generator: Draws the order of the rows.
    """
    order = generator.permutation(rows)
    dealt = order if classes is None else _by_class(classes, order)
    found = [np.sort(dealt[part::parts]) for part in range(parts)]
    return [part for part in found if 0 < len(part) < rows]


def _by_class(classes: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return the rows class by class, in their order within a class, without the lonely ones."""
    _, codes, counts = np.unique(classes, return_inverse=True, return_counts=True)
    sorted_rows: np.ndarray = order[np.argsort(codes[order], kind="stable")]
    return sorted_rows[counts[codes[sorted_rows]] > 1]

"""Parts of labelled rows that are held out in turn."""

from __future__ import annotations

import numpy as np

from keras_mtl.linear.folds import stratified_folds


def held_out_parts(
    classes: np.ndarray | None, rows: int, parts: int, seed: int
) -> list[np.ndarray]:
    """Return the rows of each part, stratified by class.

    A class keeps a row outside of every part: its rows are dealt out in turn, and the row of a
    class that has only one is in no part.

    Args:
        classes: The class of each row; None to draw rows without looking at labels.
        rows: The number of rows.
        parts: The number of parts.
        seed: Seed of the order of the rows.
    """
    codes = np.zeros(rows, np.intp)
    if classes is not None:
        codes = np.unique(classes, return_inverse=True)[1]
    dealt = stratified_folds(codes, parts, seed=seed)
    found = [np.flatnonzero(dealt == part) for part in range(parts)]
    return [part for part in found if len(part)]

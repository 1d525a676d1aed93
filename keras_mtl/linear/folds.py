"""Stratified folds of samples, also where some classes are rare."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def stratified_folds(codes: np.ndarray, folds: int, *, seed: int = 0) -> NDArray[np.intp]:
    """Return the fold of each sample, -1 for one that is in no fold.

    The samples of each class are dealt out in turn, so each fold has its share of each class, and
    a class of fewer samples than folds is in some of the folds. The only sample of a class is in
    no fold: without it nothing would be known of the class.

    Args:
        codes: Classes as whole numbers from 0, of shape `(samples,)`; all 0 for plain folds.
        folds: Number of folds.
        seed: Seed of the order in which samples are dealt out.
    """
    shuffled = np.random.default_rng(seed).permutation(len(codes))
    by_class = shuffled[np.argsort(codes[shuffled], kind="stable")]
    dealt = np.empty(len(codes), np.intp)
    dealt[by_class] = np.arange(len(codes)) % folds
    dealt[np.bincount(codes)[codes] == 1] = -1
    return dealt

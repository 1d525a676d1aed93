"""Standardised features."""

from __future__ import annotations

import numpy as np

from keras_mtl.scores.spectrum import Floats


def standardise(features: Floats) -> Floats:
    """Return columns of mean 0 and standard deviation 1; constant columns become 0.

    No epsilon is added to the deviations: the features of deep untrained networks are tiny, and an
    epsilon would erase them.
    """
    # First, so that a constant column becomes exactly zero: its mean may be rounded.
    shifted = features - features[:1]
    largest = np.abs(shifted).max(axis=0)
    # Then, so that no square of a tiny number underflows to zero.
    scaled = shifted / np.where(largest > 0, largest, 1.0)
    centred = scaled - scaled.mean(axis=0)
    deviations = centred.std(axis=0)
    return centred / np.where(deviations > 0, deviations, 1.0)

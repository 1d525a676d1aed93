"""What scikit-learn keeps private of nearest neighbours: the samples that they were fitted to.

Written against scikit-learn 1.9.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def learnt_samples(neighbours: Any) -> np.ndarray:
    """Return the samples that fitted neighbours compare with, of shape `(samples, features)`."""
    return np.asarray(neighbours._fit_X)


def learnt_targets(neighbours: Any) -> np.ndarray:
    """Return their labels: the positions of classes, or numbers."""
    return np.asarray(neighbours._y)

"""scikit-learn's scaler, for features of which few samples are known."""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import StandardScaler

from keras_mtl.linear.standardisation import Standardisation


def shrunk_scaler(features: np.ndarray) -> StandardScaler:
    """Return a fitted scaler whose deviations are shrunk as those of the solved head are.

    With the plain deviations of 20 samples a feature that fires for one of them outweighs the
    others, which costs a classifier on convolutional features more than ten points of accuracy.

    Args:
        features: Of shape `(samples, width)`.
    """
    scaler = StandardScaler().fit(features)
    scaler.mean_, scaler.scale_ = Standardisation.of(features).shrunk(len(features))
    return scaler

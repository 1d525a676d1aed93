"""The depth to cut at where labels cannot rank the depths."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_mtl.scores.spectrum import Floats

SHARE = 2 / 3
"""How much of the most directions is enough; from .6 to .75 as good on pairs of tasks."""


def varied_depth(parts: Sequence[Floats]) -> int:
    """Return the number of the deepest depth whose features vary in many directions, from 0.

    Deep layers serve best as long as they keep new classes apart. The last layers of a network that
    tells few classes apart vary in few directions, in which other classes fall together, as the
    features show without labels: those that vary in many directions vary in at least two thirds
    as many as at the depth where they are most.

    Args:
        parts: The features at each depth, from the input on, of shape `(samples, width)`.
    """
    directions = [count_directions(part) for part in parts]
    enough = SHARE * max(directions)
    return max(depth for depth, count in enumerate(directions) if count >= enough)


def count_directions(features: Floats) -> float:
    """Return the participation ratio: the number of directions if all vary alike, else fewer.

    Args:
        features: Features of shape `(samples, width)`.

    Returns:
        A number from 1 to the smaller of `samples - 1` and `width`; 0 if nothing varies.

    Source:
        Gao et al., "A theory of multineuronal dimensionality, dynamics and measurement", 2017.
    """
    centred = features - features.mean(axis=0)
    products = centred @ centred.T  # Its eigenvalues are the variances along the directions.
    total = np.trace(products) ** 2
    return float(total / (products**2).sum()) if total > 0 else 0.0

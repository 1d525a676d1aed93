"""A warning where features hardly differ between samples, from which nothing can be learnt."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

SAMPLES = 64
"""Samples that are looked at, the first ones."""
FEWEST = 8
"""Samples below which nothing is said."""
SMALLEST = 0.01
"""Standard deviation between samples, as a fraction of the size of the features, below which they
hardly differ. Trained networks have .1 to 1, also for data that they were not trained on."""
_CAUSES = (
    "Likely causes: inputs on another scale than those that the model was trained on ({inputs}); "
    "BatchNormalization whose moving statistics were never trained, or are of other data; a "
    "network that is dead, or was not trained. Compare `x` with the data that the model was "
    "trained on."
)


class VaryingFeatures:
    """Looks at the first samples of a pass, and warns once it has seen enough of them."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._inputs: list[list[np.ndarray]] = []
        self._features: list[np.ndarray] = []
        self._seen = 0
        self._has_warned = False

    def see(self, inputs: Any, features: np.ndarray) -> None:
        """Look at the next batch.

        Args:
            inputs: Arrays of numbers or text, in any structure.
            features: Their features, with a row for each sample.
        """
        missing = SAMPLES - self._seen
        if missing > 0:
            self._inputs.append([array[:missing] for array in keras.tree.flatten(inputs)])
            self._features.append(pooled(features[:missing]))
            self._seen += len(features[:missing])

    def warn(self) -> None:
        """Warn, once, if the features of the samples seen hardly differ, though the samples do."""
        inputs = [part for part in zip(*self._inputs, strict=True) if _shapes(part) == 1]
        if self._has_warned or self._seen < FEWEST or _shapes(self._features) > 1:
            return
        features = np.concatenate(self._features)
        self._has_warned = warn_if_alike(
            [features], [self._where], [np.concatenate(parts) for parts in inputs]
        )


def warn_if_alike(
    depths: Sequence[np.ndarray], layers: Sequence[str], inputs: Sequence[np.ndarray]
) -> bool:
    """Warn where features hardly differ from some depth on; the arguments are `hardly_vary`'s."""
    text = hardly_vary(depths, layers, inputs)
    if text:
        warnings.warn(text, stacklevel=2)
    return bool(text)


def hardly_vary(
    depths: Sequence[np.ndarray], layers: Sequence[str], inputs: Sequence[np.ndarray]
) -> str:
    """Return a warning where features hardly differ from some depth on, else "".

    Outputs alone may well be equal, as those of a classifier for samples of one class, so where
    there are several depths the last one alone is no reason.

    Args:
        depths: For each depth its features, of shape `(samples, features)`.
        layers: The names of the depths.
        inputs: The inputs of the samples.
    """
    samples = len(depths[0])
    if samples < FEWEST or not any(map(_differ, inputs)):
        return ""
    spreads = [_relative_spread(features[:SAMPLES]) for features in depths]
    varying = [index for index, spread in enumerate(spreads) if spread >= SMALLEST]
    first = varying[-1] + 1 if varying else 0
    if len(depths) - first < min(2, len(depths)):
        return ""
    features = depths[first][:SAMPLES]
    dead = float((features == 0).all(axis=0).mean())
    saw = f"a standard deviation of {spreads[first]:.1e} of their size, {dead:.0%} are 0 for all"
    where = f"`{layers[first]}`" + (" and all later depths" if len(depths) - first > 1 else "")
    return (
        f"The features at {where} hardly differ between the first {len(features)} samples: {saw}. "
        f"{_CAUSES.format(inputs=_ranges(inputs))}"
    )


def pooled(features: np.ndarray) -> np.ndarray:
    """Return one vector for each sample: the mean over space or steps."""
    features = np.asarray(features, np.float64)
    axes = tuple(range(1, features.ndim - 1))
    vectors = features.mean(axis=axes) if axes else features
    return vectors.reshape(len(vectors), -1)


def _relative_spread(features: np.ndarray) -> float:
    """Return the standard deviation between samples as a fraction of the size of the features."""
    largest = np.abs(features).max(initial=0.0)
    if not largest:
        return 0.0
    scaled = features / largest  # So that no square of a tiny number underflows to zero.
    return float(np.sqrt(scaled.var(axis=0).mean() / np.square(scaled).mean()))


def _shapes(parts: Sequence[np.ndarray]) -> int:
    """Return how many shapes the rows have: sequences may have another length in each batch."""
    return len({part.shape[1:] for part in parts})


def _differ(array: np.ndarray) -> bool:
    return bool((array[1:SAMPLES] != array[:1]).any())


def _ranges(inputs: Sequence[np.ndarray]) -> str:
    """Return the smallest and the largest numbers of the inputs, for a message."""
    parts = [array[:SAMPLES] for array in inputs if array.dtype.kind in "biuf" and array.size]
    if not parts:
        return "`x` holds text"
    return "`x` goes " + ", ".join(f"from {one.min():.3g} to {one.max():.3g}" for one in parts)

"""Inputs of a model, and their features, which are computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_mtl.caching.finite_features import FiniteFeatures
from keras_mtl.caching.varying_features import warn_if_alike
from keras_mtl.common.number_arrays import check_finite, number_array
from keras_mtl.estimators.batched_model import BatchedModel


class Samples:
    """Checked inputs of a model; a part of them keeps the features of the whole.

    Args:
        inputs: One array for each input of the model.
        batch_size: Number of samples that go through a model at once.
        verbose: Whether a progress bar is shown.
    """

    def __init__(self, inputs: Sequence[np.ndarray], batch_size: int, verbose: int = 0) -> None:
        self.inputs = list(inputs)
        self.batch_size = batch_size
        self.verbose = verbose
        self._vectors: BatchedModel | None = None
        self._features = np.empty(0)

    def __len__(self) -> int:
        return len(self.inputs[0])

    def features(self, vectors: BatchedModel) -> np.ndarray:
        """Return the features, of shape `(samples, width)`; the last ones computed are kept.

        Raises:
            InvalidFeatures: They are NaN or infinite.
        """
        if self._vectors is not vectors:
            features = self.outputs(vectors)
            FiniteFeatures().check(features)
            self._vectors, self._features = vectors, features
        return self._features

    def outputs(self, model: BatchedModel) -> np.ndarray:
        """Return what a model gives."""
        return model.outputs(self.inputs, self.batch_size, self.verbose)

    def warn_if_alike(self, vectors: BatchedModel, where: str) -> None:
        """Warn if the features hardly differ between the samples."""
        warn_if_alike([self.features(vectors)], [where], self.inputs)

    def take(self, rows: np.ndarray) -> Samples:
        """Return some of the samples, with their features if these were computed."""
        part = Samples([array[rows] for array in self.inputs], self.batch_size, self.verbose)
        if self._vectors is not None:
            part._vectors, part._features = self._vectors, self._features[rows]
        return part


@dataclass(frozen=True)
class LabelledSamples:
    """Samples with their labels.

    Attributes:
        samples: The samples.
        values: Their labels as a head learns them, with a row for each sample.
        weights: Their weights, all positive; None for equal ones.
    """

    samples: Samples
    values: np.ndarray
    weights: np.ndarray | None

    @classmethod
    def of(cls, samples: Samples, values: np.ndarray, sample_weight: Any) -> LabelledSamples:
        """Return the samples whose weight is not zero; equal weights are no weights.

        Raises:
            ValueError: The weights are no numbers of at least 0, one for each sample, or all zero.
        """
        data = cls(samples, values, None)
        if sample_weight is None:
            return data
        weights = _checked_weights(sample_weight, len(samples))
        kept = np.flatnonzero(weights)
        equal = len(np.unique(weights[kept])) == 1
        return cls(samples, values, None if equal else weights).take(kept)

    def take(self, rows: np.ndarray) -> LabelledSamples:
        """Return some of them."""
        weights = None if self.weights is None else self.weights[rows]
        return LabelledSamples(self.samples.take(rows), self.values[rows], weights)


def _checked_weights(sample_weight: Any, samples: int) -> np.ndarray:
    weights = number_array(sample_weight, "`sample_weight`", ValueError).astype(np.float64)
    check_finite(weights, "`sample_weight`", ValueError)
    if weights.shape != (samples,) or (weights < 0).any():
        raise ValueError(
            f"`sample_weight` has the shape ({samples},), a number of at least 0 for each sample. "
            f"Received the shape {weights.shape}, values from {weights.min(initial=np.inf):.3g} on."
        )
    if not weights.any():
        raise ValueError("`sample_weight` is zero for all samples: nothing is left to train on.")
    return weights

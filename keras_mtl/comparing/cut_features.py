"""The features at a cut, computed once and shared by all runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from keras_mtl.caching.finite_features import FiniteFeatures
from keras_mtl.comparing.planned_run import Rows
from keras_mtl.estimators.batched_model import BatchedModel
from keras_mtl.estimators.samples import Samples


@dataclass(frozen=True)
class CutFeatures:
    """The features at one cut.

    Attributes:
        drawn: Of the rows that runs draw from.
        test: Of the test rows; None if there are none.
        seconds: How long the pass takes for one row.
    """

    drawn: np.ndarray
    test: np.ndarray | None
    seconds: float


def cut_features(
    vectors: BatchedModel, drawn: Samples, test: Samples | None, known: np.ndarray | None = None
) -> CutFeatures:
    """Run the static trunk over all samples.

    Args:
        vectors: The trunk, pooled.
        drawn: The samples that runs draw from.
        test: The test rows.
        known: The features of the first ones, if they are there.
    """
    # One batch is timed, once it is traced: of the whole the features may be there.
    few = drawn.take(np.arange(min(len(drawn), drawn.batch_size)))
    few.outputs(vectors)
    start = perf_counter()
    few.outputs(vectors)
    seconds = (perf_counter() - start) / len(few)
    whole = drawn.outputs(vectors) if known is None else np.ascontiguousarray(known)
    of_test = None if test is None else test.outputs(vectors)
    for features in (whole, of_test):
        if features is not None:
            FiniteFeatures().check(features)
    return CutFeatures(whole, of_test, seconds)


@dataclass
class Use:
    """Whether features were asked for.

    Attributes:
        asked: Whether they were.
    """

    asked: bool = field(default=False)


class SharedSamples(Samples):
    """Samples whose features at one cut are there, and which know whether they were used.

    Args:
        inputs: One array for each input of the model.
        batch_size: Number of samples that go through a model at once.
        vectors: The static trunk, pooled.
        features: Its outputs.
        use: What is told if the features are asked for.
    """

    def __init__(
        self,
        inputs: Sequence[np.ndarray],
        batch_size: int,
        vectors: BatchedModel,
        features: np.ndarray,
        use: Use,
    ) -> None:
        super().__init__(inputs, batch_size)
        self._vectors, self._features, self._use = vectors, features, use
        self._shared = vectors, features

    def features(self, vectors: BatchedModel) -> np.ndarray:
        """Return the features; only those of another trunk are computed."""
        known, features = self._shared
        if vectors is known:
            self._use.asked = True
            return features
        return super().features(vectors)

    def take(self, rows: Rows) -> SharedSamples:
        """Return some of the samples, with their features."""
        vectors, features = self._shared
        inputs = [array[rows] for array in self.inputs]
        return SharedSamples(inputs, self.batch_size, vectors, features[rows], self._use)

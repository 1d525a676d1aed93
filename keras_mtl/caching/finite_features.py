"""Refusal of features that are not finite, though the inputs are."""

from __future__ import annotations

import numpy as np

from keras_mtl.errors import InvalidFeatures


class FiniteFeatures:
    """Refuses features that are not finite, in the first batch that has some."""

    def __init__(self) -> None:
        self._samples = 0

    def check(self, features: np.ndarray) -> None:
        """Check the features of the next batch."""
        if features.dtype.kind in "fV":  # bfloat16 is of kind V.
            finite = np.isfinite(features).reshape(len(features), -1).all(axis=1)
            if not finite.all():
                raise InvalidFeatures(
                    f"The features of {int((~finite).sum())} of the {len(features)} samples of a "
                    "batch are NaN or infinite; the first of them is sample "
                    f"{self._samples + int(finite.argmin())}. Look for such values in `x`, or in "
                    "the weights of the frozen layers."
                )
        self._samples += len(features)

"""Refusal of features that are not finite, though the inputs are."""

from __future__ import annotations

import numpy as np

from keras_mtl.errors import InvalidFeatures


class FiniteFeatures:
    """Refuses features that are not finite, in the first batch that has some.

    Args:
        where: What samples are counted from the start of, for the message; "" for the data.
    """

    def __init__(self, where: str = "") -> None:
        self._samples = 0
        self._of = f" of {where}" if where else ""

    def check(self, features: np.ndarray) -> None:
        """Check the features of the next batch."""
        if features.dtype.kind in "fV":  # bfloat16 is of kind V.
            finite = np.isfinite(features).reshape(len(features), -1).all(axis=1)
            if not finite.all():
                raise InvalidFeatures(
                    f"The features of {int((~finite).sum())} of the {len(features)} samples of a "
                    "batch are NaN or infinite; the first of them is sample "
                    f"{self._samples + int(finite.argmin())}{self._of}. Look for such values "
                    "in the data, or in the weights of the frozen layers."
                )
        self._samples += len(features)

"""Test rows that are training rows."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence

import numpy as np

from keras_mtl.common.hashing import Hash, rows_of
from keras_mtl.errors import InvalidFeatures

SHOWN = 5


def check_repeated(x: Sequence[np.ndarray], test: Sequence[np.ndarray]) -> None:
    """Refuse test rows that are training rows; warn if rows of such data are often alike.

    Data of few different values have equal rows by chance. They are told from a leak by the rows
    to train on, as many of which are then alike among themselves.

    Args:
        x: The inputs to train on, one array for each input of the model.
        test: The inputs of the test rows.

    Raises:
        InvalidFeatures: More test rows are in `x` than rows of `x` are there twice.
    """
    known = Counter(_hashes(x))
    seen = [row for row, value in enumerate(_hashes(test)) if value in known]
    if not seen:
        return
    rows = len(test[0])
    alike = sum(times for times in known.values() if times > 1) / len(x[0])
    text = (
        f"{len(seen)} of the {rows} test rows are rows of `x` too, such as the test rows "
        f"{seen[:SHOWN]}"
    )
    if len(seen) / rows > alike:
        raise InvalidFeatures(
            f"{text}: scores on rows that were trained on are too high. Leave them out of `test`, "
            "or out of `x`."
        )
    warnings.warn(
        f"{text}. {alike:.0%} of the rows of `x` are there twice, so it may be by chance.",
        stacklevel=2,
    )


def _hashes(arrays: Sequence[np.ndarray]) -> list[str]:
    return [
        Hash(b"".join(bytes(rows_of(_alike(one[row : row + 1]))) for one in arrays)).hexdigest()
        for row in range(len(arrays[0]))
    ]


def _alike(array: np.ndarray) -> np.ndarray:
    """Return numbers of any dtype in one: the same picture may come as whole numbers and not."""
    # The sum makes zeros of negative zeros.
    return array.astype(np.float32) + np.float32(0) if array.dtype.kind in "biuf" else array

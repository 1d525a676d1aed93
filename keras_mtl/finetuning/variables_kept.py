"""Values of variables that are put back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import keras

from keras_mtl.training.distribution.assigning import assign_all


@contextmanager
def variables_kept(variables: Sequence[keras.Variable]) -> Iterator[None]:
    """Put the values of variables back at the end, however it comes."""
    before = [keras.ops.convert_to_numpy(variable).copy() for variable in variables]
    try:
        yield
    finally:
        assign_all(variables, before)

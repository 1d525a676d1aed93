"""What is in a folder after `compute_features`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from keras_mtl.caching.storage.shard_choice import named


@dataclass(frozen=True)
class FeatureShards:
    """The shards of a model's features of a data set, as they were when it was made.

    Attributes:
        path: The folder that holds the shards.
        num_shards: How many there are when all have been computed.
        missing: The numbers, from 0, of those that were not there.
        num_rows: The rows of those that were there.

    Example:
        >>> import keras, keras_mtl, numpy as np, tempfile
        >>> trained = keras.Sequential([
        ...     keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.Dense(2)])
        >>> model = keras_mtl.transfer(trained, cut=1, freeze=True, head=3)
        >>> x, folder = np.random.rand(120, 8, 8, 1), tempfile.mkdtemp()
        >>> found = keras_mtl.compute_features(model, x, folder, shard=(1, 4), verbose=0)
        >>> found.missing, found.num_rows, found.is_complete
        ((0, 2, 3), 32, False)
    """

    path: Path
    num_shards: int
    missing: tuple[int, ...]
    num_rows: int

    @property
    def is_complete(self) -> bool:
        """Whether all shards were there."""
        return not self.missing

    def __str__(self) -> str:
        there = self.num_shards - len(self.missing)
        missing = "" if self.is_complete else f"; missing: {named(self.missing)}"
        return (
            f"{there} of {self.num_shards} shards, {self.num_rows} rows of features, in "
            f"`{self.path}`{missing}"
        )

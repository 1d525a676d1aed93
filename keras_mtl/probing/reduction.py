"""How features of any shape become one vector of a bounded width."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from keras_mtl.heads.pooling import Pooling, pooling_layer


class Reduction(keras.Layer):
    """Pools features and, if they are still too wide, projects them at random.

    The projection adds the features up in `max_width` groups, after a random choice of signs and
    groups: it keeps inner products on average, and costs one addition a feature where a dense
    random matrix would cost `max_width`.

    Args:
        shape: Shape of the features, the batch counted; only the batch, and dimensions that
            pooling removes, may be None.
        pooling: As in `Head`.
        max_width: Width of the widest result; None for no limit.
        seed: Seed of the projection.

    Source:
        Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009.
    """

    def __init__(
        self, shape: tuple[int | None, ...], pooling: Pooling, max_width: int | None, seed: int
    ) -> None:
        super().__init__(dtype="float32")  # A mean in half precision may overflow.
        self._pool = pooling_layer(pooling, len(shape))
        kept = shape[1:] if pooling == "flatten" else shape[-1:]
        features = math.prod(size or 1 for size in kept)
        self.width = min(features, max_width or features)
        self._rows = -(-features // self.width)
        generator = np.random.default_rng(seed)
        self._order = generator.permutation(features)
        self._signs = generator.choice(np.array([-1, 1], "float32"), size=features)
        self.supports_masking = True
        self.built = True

    def call(self, features: Any, mask: Any = None) -> Any:
        """Return the vectors of a batch, of shape `(batch, width)`; masked places do not count."""
        if isinstance(self._pool, keras.layers.GlobalAveragePooling1D):
            features = self._pool(features, mask=mask)
        elif self._pool is not None:
            features = self._pool(features)
        if self._rows == 1:
            return features
        ops = keras.ops
        shuffled = ops.multiply(ops.take(features, self._order, axis=-1), self._signs)
        missing = self._rows * self.width - len(self._order)
        padded = ops.pad(shuffled, [(0, 0), (0, missing)])
        return ops.sum(ops.reshape(padded, (-1, self._rows, self.width)), axis=1)

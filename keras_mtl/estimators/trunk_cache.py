"""The pooled trunks of one model, kept for the next time that they are needed."""

from __future__ import annotations

from threading import Lock
from typing import Any

import keras

from keras_mtl.estimators.pooled_trunk import Cut, PooledTrunk
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.heads.pooling import Pooling

CAPACITY = 8
"""The number of trunks kept, those used last: each trunk holds a copy of its weights."""


class TrunkCache:
    """Makes each trunk of a model once, and anew when the model has been trained further."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self._made: dict[Any, PooledTrunk] = {}
        self._lock = Lock()

    def take(self, cut: Cut, pooling: Pooling) -> PooledTrunk:
        """Return the trunk for a cut and a pooling, with the current weights of the model."""
        # A Sequential model gets a new graph when layers are added or removed. As text, a cut may
        # be a list, and `True` is not 1.
        key = (checked_functional(self.model), repr((cut, pooling)))
        with self._lock:
            # Taken out and put back as the last: the first key is that of the least recently used.
            trunk = self._made.pop(key, None)
            if trunk is None or not trunk.is_current():
                trunk = PooledTrunk(self.model, cut, pooling)
            self._made[key] = trunk
            if len(self._made) > CAPACITY:
                del self._made[next(iter(self._made))]
        return trunk

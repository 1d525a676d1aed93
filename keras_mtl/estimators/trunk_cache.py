"""The pooled trunks of one model, kept for the next time that they are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, Protocol, TypeVar

import keras

from keras_mtl.common.shapes import Shape
from keras_mtl.estimators.pooled_trunk import Cut, PooledTrunk
from keras_mtl.estimators.sized_model import sized_model
from keras_mtl.estimators.weights_then import WeightsThen
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.heads.pooling import Pooling

CAPACITY = 8
"""The number of copies kept, those used last: each holds a copy of its weights."""


class CopyOfModel(Protocol):
    """What is made of the layers of a model."""

    def is_current(self) -> bool:
        """Return whether the weights of the model are still those that were copied."""


Made = TypeVar("Made", bound=CopyOfModel)


class TrunkCache:
    """Makes each trunk of a model once, and anew when the model has been trained further."""

    def __init__(self, model: keras.Model) -> None:
        self.model = model
        self._made: dict[Any, Any] = {}
        self._lock = Lock()

    def take(self, cut: Cut, pooling: Pooling) -> PooledTrunk:
        """Return the trunk for a cut and a pooling, with the current weights of the model."""
        # As text, a cut may be a list, and `True` is not 1.
        return self._kept(repr((cut, pooling)), lambda: PooledTrunk(self.model, cut, pooling))

    def sized(self, shapes: Sequence[Shape]) -> TrunkCache:
        """Return the cache for a copy of the model that takes inputs of these shapes only."""
        shapes = tuple(shapes)
        copy = self._kept(shapes, lambda: _SizedCopy(self.model, shapes))
        return copy.cache

    def _kept(self, key: Any, make: Callable[[], Made]) -> Made:
        # A Sequential model gets a new graph when layers are added or removed.
        key = (checked_functional(self.model), key)
        with self._lock:
            # Taken out and put back as the last: the first key is that of the least recently used.
            made = self._made.pop(key, None)
            if made is None or not made.is_current():
                made = make()
            self._made[key] = made
            if len(self._made) > CAPACITY:
                del self._made[next(iter(self._made))]
        return made


class _SizedCopy:
    """The trunks of a copy of a model that takes inputs of some shapes only."""

    def __init__(self, model: keras.Model, shapes: Sequence[Shape]) -> None:
        copy = sized_model(model, shapes)
        self.cache = TrunkCache(copy)
        self._weights = WeightsThen(model.layers)

    def is_current(self) -> bool:
        """Return whether the weights of the model are still those that were copied."""
        return self._weights.are_unchanged()

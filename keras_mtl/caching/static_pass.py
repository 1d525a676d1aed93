"""The one pass of data through the static part of a model."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat

import keras

from keras_mtl.caching.feature_pass import FeaturePass
from keras_mtl.caching.fingerprints import fingerprint_of_static_part
from keras_mtl.caching.found_shards import find_shards
from keras_mtl.caching.pass_data import PassData
from keras_mtl.caching.static_split import Split
from keras_mtl.caching.storage.feature_cache import Cache, FolderCache
from keras_mtl.caching.storage.stores import Batch, Store
from keras_mtl.common.hashing import hash_of_several
from keras_mtl.engines.choice import identity_of
from keras_mtl.engines.known_engines import AUTO, EVERY, KERAS
from keras_mtl.keras_private.data_adapters import DataAdapter


class StaticPass:
    """Runs the static part of a model over data, or finds what an earlier run computed.

    Args:
        model: The whole model.
        split: Where it is split.
        cache: Where the features are kept.
        verbose: As for `fit`.
        engine: What runs the static part: a checked engine, `"keras"` or `"auto"`. Random
            augmentation draws by Keras alone.
    """

    def __init__(
        self,
        model: keras.Model,
        split: Split,
        cache: Cache,
        verbose: str | int,
        engine: str = KERAS,
    ) -> None:
        self._model = model
        self._split = split
        self._cache = cache
        self._engine = engine
        self._pass = FeaturePass(model, split, verbose, engine)

    def of(self, data: PassData, views: int | None = None, what: str = "the data") -> DataAdapter:
        """Return the data with features instead of inputs, ready for `fit`.

        Args:
            data: The data.
            views: How often random augmentation is drawn; None to leave it out.
            what: What the line above the progress bar calls the data.

        Raises:
            InvalidFeatures: Features are NaN or infinite.
            CacheError: They cannot be written.
        """
        return data.replay(self.store(data, views, what), views or 1)

    def store(self, data: PassData, views: int | None = None, what: str = "the data") -> Store:
        """Return the features; the arguments and errors are those of `of`."""
        times = views or 1
        total = data.num_batches and data.num_batches * times
        engine = self._engine if views is None else KERAS
        if isinstance(self._cache, FolderCache) and views is None:
            found = find_shards(self._cache, self._pass, data, self._fingerprint)
            if found is not None:
                return found

        def run(keep: Callable[[Batch], None]) -> None:
            batches = chain.from_iterable(data.batches() for _ in repeat(None, times))
            augments = views is not None
            self._pass.run(batches, keep, total=total, what=what, augments=augments, engine=engine)

        def digest() -> str:
            nonlocal engine
            parts = [self._fingerprint(), data.fingerprint(), f"{views}"]

            def name(engine: str) -> str:
                return hash_of_several([*parts, *identity_of(engine)])

            if engine == AUTO:  # The features of any engine serve, where there are some.
                engine = next((one for one in EVERY if self._cache.holds(name(one))), AUTO)
            return name(engine)

        return self._cache.store(run, digest, total)

    def _fingerprint(self) -> str:
        return fingerprint_of_static_part(self._model, self._split)

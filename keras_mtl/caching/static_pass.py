"""The one pass of data through the static part of a model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.values import as_tensors
from keras_mtl.caching.fingerprints import fingerprint_of_static_part
from keras_mtl.caching.finite_features import FiniteFeatures
from keras_mtl.caching.model_parts import StaticPart
from keras_mtl.caching.pass_data import PassData
from keras_mtl.caching.replays import NAMES
from keras_mtl.caching.static_split import Split
from keras_mtl.caching.storage.feature_cache import Cache
from keras_mtl.caching.storage.stores import Batch, Store
from keras_mtl.caching.varying_features import VaryingFeatures
from keras_mtl.common.hashing import hash_of_several
from keras_mtl.keras_private.data_adapters import DataAdapter


class StaticPass:
    """Runs the static part of a model over data, or finds what an earlier run computed.

    Args:
        model: The whole model.
        split: Where it is split.
        cache: Where the features are kept.
        verbose: As for `fit`.
    """

    def __init__(self, model: keras.Model, split: Split, cache: Cache, verbose: str | int) -> None:
        self._model = model
        self._split = split
        self._cache = cache
        self._verbose = 1 if verbose == "auto" else int(verbose)
        self._part = StaticPart(model, split)
        self._augmenting = StaticPart(model, split, augments=True)
        self._varying = VaryingFeatures(split.last)

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
        part = self._part if views is None else self._augmenting
        times = views or 1

        def run(keep: Callable[[Batch], None]) -> None:
            if self._verbose and keras.config.is_interactive_logging_enabled():
                print(f"Frozen layers, up to `{self._split.last}`: one pass over {what}")
            self._run(part, data, times, keep)

        def digest() -> str:
            static = fingerprint_of_static_part(self._model, self._split)
            return hash_of_several([static, data.fingerprint(), f"{views}"])

        total = data.num_batches
        return self._cache.store(run, digest, total and total * times)

    def _run(
        self, part: StaticPart, data: PassData, times: int, keep: Callable[[Batch], None]
    ) -> None:
        """Pass the features of all batches to `keep`, with the arrays that are kept beside them."""
        total = data.num_batches
        progress = keras.utils.Progbar(total and total * times, verbose=self._verbose)
        finite = FiniteFeatures()
        full = 0
        for _ in range(times):
            for inputs, others in data.batches():
                full = max(full, _samples(inputs))
                features = _features(part, inputs, full)
                finite.check(features[0])
                self._varying.see(inputs, features[0])
                keep([*features, *others])
                progress.add(1)
        self._varying.warn()


def _features(part: StaticPart, inputs: Any, full: int) -> Batch:
    """Return the features of a batch, and their mask if they have one.

    A smaller batch, such as the last one, is filled up: for another size the part would be
    compiled again, which can cost more than the whole pass.
    """
    samples = _samples(inputs)
    if samples < full:
        filled = np.minimum(np.arange(full), samples - 1)
        inputs = keras.tree.map_structure(lambda array: array[filled], inputs)
    outputs = part.predict_on_batch(as_tensors(inputs))
    return [np.asarray(outputs[name])[:samples] for name in NAMES if name in outputs]


def _samples(inputs: Any) -> int:
    return len(keras.tree.flatten(inputs)[0])

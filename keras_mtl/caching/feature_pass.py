"""The place where batches of inputs become batches of features."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import keras

from keras_mtl.caching.finite_features import FiniteFeatures
from keras_mtl.caching.model_parts import StaticPart
from keras_mtl.caching.replays import NAMES
from keras_mtl.caching.static_split import Split
from keras_mtl.caching.storage.stores import Batch
from keras_mtl.caching.varying_features import VaryingFeatures
from keras_mtl.engines.batch_function import BatchFunction, num_rows
from keras_mtl.engines.choice import batch_function
from keras_mtl.engines.known_engines import KERAS
from keras_mtl.engines.static_model import StaticModel
from keras_mtl.graph.functional_models import checked_functional


class FeaturePass:
    """Runs the static part of a model over batches.

    Args:
        model: The whole model.
        split: Where it is split.
        verbose: As for `fit`.
        engine: What runs the static part: a checked engine, `"keras"` or `"auto"`. Random
            augmentation draws by Keras alone.
    """

    def __init__(
        self, model: keras.Model, split: Split, verbose: str | int, engine: str = KERAS
    ) -> None:
        self._model = model
        self._split = split
        self._last = split.last
        self._engine = engine
        self._verbose = 1 if verbose == "auto" else int(verbose)
        self._functions: dict[tuple[str, bool], BatchFunction] = {}
        self._varying = VaryingFeatures(split.last)

    def run(
        self,
        batches: Iterable[tuple[Any, Batch]],
        keep: Callable[[Batch], None],
        *,
        total: int | None,
        what: str,
        augments: bool = False,
        full: int = 0,
        engine: str | None = None,
        where: str = "",
    ) -> None:
        """Compute the features of batches.

        Args:
            batches: The inputs of each batch, and what is kept beside its features.
            keep: Called with the features, their mask if there is one, and what is kept.
            total: How many batches there are; None if that is not known.
            what: What the line above the progress bar calls the data.
            augments: Whether random augmentation draws.
            full: Rows up to which smaller batches are filled, as far as that is known.
            engine: What runs the static part this time, if it is another engine.
            where: What samples are counted from the start of in messages; "" for the data.

        Raises:
            InvalidFeatures: Features are NaN or infinite.
            NotConvertible: The engine lacks something that the static part computes.
            EngineMismatch: What it gives differs from what Keras gives.
        """
        if self._verbose and keras.config.is_interactive_logging_enabled():
            print(f"Frozen layers, up to `{self._last}`: one pass over {what}")
        function = self._function(KERAS if augments else engine or self._engine, augments)
        function.begin(total)
        progress = keras.utils.Progbar(total, verbose=self._verbose)
        finite = FiniteFeatures(where)
        for inputs, others in batches:
            full = max(full, num_rows(inputs))
            outputs = function.of_filled(inputs, full)
            features = [outputs[name] for name in NAMES if name in outputs]
            finite.check(features[0])
            self._varying.see(inputs, features[0])
            keep([*features, *others])
            progress.add(1)
        self._varying.warn()

    def _function(self, engine: str, augments: bool) -> BatchFunction:
        """Return what gives the features of a batch; made and compiled once."""
        if (engine, augments) not in self._functions:
            static = StaticModel(
                StaticPart(self._model, self._split, augments=augments),
                checked_functional(self._model).input,
                self._model.name,
            )
            function = batch_function(static, engine, verbose=bool(self._verbose))
            self._functions[engine, augments] = function
        return self._functions[engine, augments]

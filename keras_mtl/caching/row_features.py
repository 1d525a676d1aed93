"""The features of all rows of arrays, for a model that is trained on one part after another."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.orders import BATCH_SIZE
from keras_mtl.batches.values import as_tensors
from keras_mtl.caching.gradient_training import train_on_features
from keras_mtl.caching.model_parts import TrainedPart
from keras_mtl.caching.pass_data import pass_data
from keras_mtl.caching.replays import adapter_for_rows
from keras_mtl.caching.static_pass import StaticPass
from keras_mtl.caching.static_split import split_model
from keras_mtl.caching.storage.feature_cache import Cache
from keras_mtl.caching.storage.stores import Rows
from keras_mtl.keras_private.data_adapters import DataAdapter
from keras_mtl.keras_private.retracing import expected_to_trace


class ArrayRows(NamedTuple):
    """Inputs, labels and weights with a row for each sample.

    Attributes:
        x: Arrays in the structure of the inputs of a model.
        y: The labels.
        sample_weight: The weights; None for none.
    """

    x: Any
    y: np.ndarray
    sample_weight: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> ArrayRows:
        """Return some of the rows."""
        weights = None if self.sample_weight is None else self.sample_weight[rows]
        return ArrayRows(
            keras.tree.map_structure(lambda array: array[rows], self.x), self.y[rows], weights
        )

    def as_fitted(self) -> tuple[Any, ...]:
        """Return what `fit` takes as `validation_data`; text as tensors."""
        return (as_tensors(self.x), *(part for part in self[1:] if part is not None))


class RowFeatures:
    """Trains a model with frozen first layers on some rows after others.

    The first layers run once, over all rows, when they are first needed. The steps of training are
    compiled once.

    Args:
        model: A compiled model. What it has learnt stays from one call of `fit` to the next, unless
            the caller puts its variables back.
        data: All rows.
        cache: Where the features are kept.
        batch_size: Rows of a batch, in the pass and in training; 32 by default.
        verbose: As for `fit`.
    """

    def __init__(
        self,
        model: keras.Model,
        data: ArrayRows,
        cache: Cache,
        *,
        batch_size: int | None = None,
        verbose: str | int = "auto",
    ) -> None:
        split = split_model(model)
        self._data = data
        self._batch_size = batch_size
        self._verbose = verbose
        self._pass = StaticPass(model, split, cache, verbose)
        self._part = TrainedPart(model, split)

    def compute(self) -> None:
        """Run the first layers now, unless they have run."""
        _ = self._columns

    def fit(
        self,
        rows: np.ndarray,
        held_out: np.ndarray,
        *,
        callbacks: list[keras.callbacks.Callback],
        epochs: int,
        shuffle: bool = True,
        class_weight: Any = None,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        **options: Any,
    ) -> keras.callbacks.History:
        """Train on some rows and validate on others, as `fit` would on these arrays.

        Args:
            rows: The numbers of the rows to train on.
            held_out: The numbers of the rows to validate on.
            callbacks: As for `fit`.
            epochs: As for `fit`.
            shuffle: As for `fit`.
            class_weight: As for `fit`.
            steps_per_epoch: As for `fit`.
            validation_steps: As for `fit`.
            validation_batch_size: As for `fit`.
            **options: Other arguments of `fit`, such as `validation_freq`.
        """
        drawn = {"shuffle": shuffle, "class_weight": class_weight, "steps": steps_per_epoch}
        size = validation_batch_size or self._batch_size
        with expected_to_trace():
            return train_on_features(
                self._part,
                self._adapter(rows, self._batch_size, **drawn),
                callbacks,
                validation_data=self._adapter(held_out, size, steps=validation_steps),
                epochs=epochs,
                verbose=self._verbose,
                initial_epoch=0,
                steps_per_epoch=steps_per_epoch,
                validation_steps=validation_steps,
                **options,
            )

    def _adapter(self, rows: np.ndarray, batch_size: int | None, **options: Any) -> DataAdapter:
        weights = self._data.sample_weight
        return adapter_for_rows(
            self._columns,
            rows,
            y=self._data.y[rows],
            sample_weight=None if weights is None else weights[rows],
            batch_size=batch_size or BATCH_SIZE,
            **options,
        )

    @cached_property
    def _columns(self) -> list[Rows]:
        source = ArraySource(as_tensors(self._data.x))
        data = pass_data(self._part.whole, source, batch_size=self._batch_size)
        return list(self._pass.store(data).columns())

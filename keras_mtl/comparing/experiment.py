"""What is compared, on what: arguments that are checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.digests import digest_of_arrays
from keras_mtl.common.hashing import Hash, hash_of_several
from keras_mtl.comparing.label_draws import Draw, draw
from keras_mtl.comparing.metric import Metric
from keras_mtl.comparing.planned_run import Rows, RunKey
from keras_mtl.comparing.strategies.strategy import Strategy, TransferTask
from keras_mtl.estimators.labels.class_form import ClassForm
from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.keras_private.layers import sublayers


@dataclass(frozen=True)
class Experiment:
    """What is compared, on what.

    Attributes:
        task: The trained network and what all runs share.
        data: All samples to draw from.
        test: The test rows; None for a cross-validation.
        cut: The last layer that is kept; None for the best one for the labels of each run.
        strategies: What is compared.
        counts: Numbers of labels.
        seeds: Seeds of the runs.
        folds: Number of folds of a cross-validation; None if there are test rows.
        metric: What runs are judged by.
        kind: The kind of the labels.
    """

    task: TransferTask
    data: LabelledSamples
    test: LabelledSamples | None
    cut: str | None
    strategies: Sequence[Strategy]
    counts: Sequence[int]
    seeds: Sequence[int]
    folds: int | None
    metric: Metric
    kind: str

    @property
    def title(self) -> str:
        """What is compared."""
        return f"Ways to use `{self.task.model.name}`"

    @property
    def judged(self) -> str:
        """What runs are judged on, in words."""
        if self.test is not None:
            return f"{len(self.test.values):,} test rows"
        times = f", repeated {len(self.seeds)} times" if len(self.seeds) > 1 else ""
        return f"{self.folds}-fold cross-validation of {len(self.data.values):,} rows{times}"

    @property
    def classes(self) -> tuple[Any, ...] | None:
        """The classes in the order of their numbers; None of measured numbers."""
        form = self.task.labels
        return tuple(form.classes.tolist()) if isinstance(form, ClassForm) else None

    @property
    def keys(self) -> list[RunKey]:
        """All runs, in the order in which one process does them."""
        return [
            RunKey(strategy.name, labels, seed)
            for strategy in self.strategies
            for labels in self.counts
            for seed in self.seeds
        ]

    @cached_property
    def draws(self) -> dict[tuple[int, int], list[Draw]]:
        """The rows of the runs, by number of labels and seed."""
        strata = self.task.labels.strata(self.data.values)
        return {
            (labels, seed): draw(strata, labels, seed, self.folds)
            for labels in self.counts
            for seed in self.seeds
        }

    @cached_property
    def rows(self) -> Rows:
        """The rows that any run needs, in increasing order."""
        if self.folds is not None:
            return np.arange(len(self.data.values))
        drawn = [one.rows for draws in self.draws.values() for one in draws]
        return np.unique(np.concatenate(drawn))

    def strategy(self, name: str) -> Strategy:
        """Return the strategy of a name."""
        return next(one for one in self.strategies if one.name == name)

    def settings(self) -> dict[str, Any]:
        """Return what must be the same for runs to be comparable, as JSON holds it."""
        return {
            "model": _hash_of_model(self.task.model),
            "x": digest_of_arrays([self.data.samples.inputs]),
            "y": self._hash_of_labels(),
            "test": _hash_of(self.test),
            "auxiliary": _hash_of(self.task.auxiliary),
            "kind": self.kind,
            "cut": self.cut or "auto",
            "pooling": self.task.pooling,
            "metric": self.metric.name,
            "batch_size": self.task.batch_size,
            "backend": keras.config.backend(),
        }

    def _hash_of_labels(self) -> str:
        given = self.task.labels.decode(self.task.labels.targets(self.data.values))
        return digest_of_arrays([[given.astype(object) if given.dtype.kind == "U" else given]])


def _hash_of(data: LabelledSamples | None) -> str | None:
    return None if data is None else digest_of_arrays([[*data.samples.inputs, data.values]])


def _hash_of_model(model: keras.Model) -> str:
    """Return a hash of the layers and their weights; names do not count."""
    layers = Hash()
    for layer in sublayers(model):
        layers.add(f"{type(layer).__name__} ")
    weights = Hash()
    for value in model.get_weights():
        weights.add_array(value)
    return hash_of_several([layers.hexdigest(), weights.hexdigest()])

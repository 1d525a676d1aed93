"""The choice of the depth for the labels of each run, from one pass over the data."""

from __future__ import annotations

import keras
import numpy as np

from keras_mtl.caching.varying_features import SAMPLES, warn_if_alike
from keras_mtl.comparing.planned_run import Rows
from keras_mtl.estimators.labels.label_form import LabelForm
from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.pooling import Pooling
from keras_mtl.keras_private.retracing import expected_to_trace
from keras_mtl.probing.candidates import find_candidates
from keras_mtl.probing.depth_features import DepthFeatures
from keras_mtl.probing.depth_scores import score_depths
from keras_mtl.probing.one_pass import run_over, split_features
from keras_mtl.probing.probe_table import Probes
from keras_mtl.probing.probes.known_probes import PROBES
from keras_mtl.probing.reduction import Reduction
from keras_mtl.probing.varied_depth import varied_depth

PROBE = "ridge"
MAX_WIDTH = 256
"""As in `probe_cuts`: features wider than this are projected."""


class DepthChoice:
    """Ranks the depths of a model for any part of some labelled samples.

    The model runs once over the samples.

    Args:
        model: The trained network, which is not changed.
        form: The form of the labels.
        data: All samples that any run draws from.
        pooling: How features become vectors.
        verbose: Whether the pass shows its progress.
    """

    def __init__(
        self,
        model: keras.Model,
        form: LabelForm,
        data: LabelledSamples,
        pooling: Pooling,
        verbose: int,
    ) -> None:
        graph = Graph.of(model)
        self._name = model.name
        self._form, self._pooling, self._values = form, pooling, data.values
        self._candidates = find_candidates(graph, None, pooling=pooling)
        width = None if len(data.values) <= MAX_WIDTH else MAX_WIDTH
        extractor = DepthFeatures.of(graph, self._candidates, pooling, width)
        samples = data.samples
        x = keras.tree.pack_sequence_as(checked_functional(model).input, samples.inputs)
        with expected_to_trace():
            seen = run_over(
                extractor, x, data.values, batch_size=samples.batch_size, verbose=verbose
            )
        self._features, self._widths = seen.features, extractor.widths
        first = split_features(self._features[:SAMPLES], self._widths, self._layers)
        warn_if_alike(first, self._layers, seen.first)

    @property
    def _layers(self) -> list[str]:
        return [one.point.layer for one in self._candidates]

    def best(self, rows: Rows, seed: int) -> tuple[str, Probes | None]:
        """Return the layer to cut at for the labels of some rows, and how all depths scored.

        Where no depth can be scored, since each label is another one, features decide without.
        """
        values = self._values[rows]
        parts = split_features(self._features[rows], self._widths, self._layers)
        if not self._form.can_rank(values):
            return self._layers[varied_depth(parts)], None
        head = self._form.head(self._pooling)
        probes = score_depths(
            self._name,
            PROBES.find(PROBE),
            self._candidates,
            parts,
            head.task_kind.probe_targets(values, len(values)),
            folds=2,  # Ridge leaves out one sample at a time.
            seed=seed,
        )
        return probes.best.layer, probes

    def features_of(self, layer: str) -> np.ndarray | None:
        """Return the pooled features of all samples at a depth; None if they were projected."""
        index = self._layers.index(layer)
        shape = self._candidates[index].point.shape
        whole = Reduction(shape, self._pooling, None, 0).width
        if self._widths[index] < whole:
            return None
        start = sum(self._widths[:index])
        return self._features[:, start : start + whole]

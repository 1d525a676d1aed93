"""The depth of a model that suits some labels best."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.estimators.labels.label_form import LabelForm
from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.pooling import Pooling
from keras_mtl.keras_private.retracing import expected_to_trace
from keras_mtl.probing.candidates import find_candidates
from keras_mtl.probing.depth_features import DepthFeatures
from keras_mtl.probing.one_pass import run_over, split_features
from keras_mtl.probing.probe_cuts import probe_cuts
from keras_mtl.probing.probe_table import Probes
from keras_mtl.probing.varied_depth import varied_depth


def best_depth(
    model: keras.Model, form: LabelForm, data: LabelledSamples, pooling: Pooling, seed: int
) -> tuple[str, Probes | None]:
    """Return the layer to cut at, and how all depths scored.

    Where no depth can be scored, since each label is another one, features decide without.
    """
    samples = data.samples
    x = keras.tree.pack_sequence_as(checked_functional(model).input, samples.inputs)
    if not form.can_rank(data.values):
        return _depth_without_labels(model, x, len(samples), pooling, samples.batch_size), None
    probes = probe_cuts(
        model,
        x,
        data.values,
        kind=form.head(pooling),
        pooling=pooling,
        seed=seed,
        batch_size=samples.batch_size,
        verbose=samples.verbose,
    )
    return probes.best.layer, probes


def _depth_without_labels(
    model: keras.Model, x: Any, samples: int, pooling: Pooling, batch_size: int
) -> str:
    graph = Graph.of(model)
    candidates = find_candidates(graph, None, pooling=pooling)
    layers = [one.point.layer for one in candidates]
    extractor = DepthFeatures.of(graph, candidates, pooling)
    with expected_to_trace():
        seen = run_over(extractor, x, np.zeros(samples), batch_size=batch_size, verbose=0)
    return layers[varied_depth(split_features(seen.features, extractor.widths, layers))]

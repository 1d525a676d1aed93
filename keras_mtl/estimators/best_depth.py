"""The depth of a model that suits some labels best."""

from __future__ import annotations

import keras

from keras_mtl.estimators.labels.label_form import LabelForm
from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.pooling import Pooling
from keras_mtl.probing.candidates import find_candidates
from keras_mtl.probing.probe_cuts import probe_cuts
from keras_mtl.probing.probe_table import Probes


def best_depth(
    model: keras.Model, form: LabelForm, data: LabelledSamples, pooling: Pooling, seed: int
) -> tuple[str, Probes | None]:
    """Return the layer to cut at, and how all depths scored.

    Where no depth can be scored, since each label is another one, it is the last depth.
    """
    if not form.can_rank(data.values):
        candidates = find_candidates(Graph.of(model), None, pooling=pooling)
        return candidates[-1].point.layer, None
    samples = data.samples
    x = keras.tree.pack_sequence_as(checked_functional(model).input, samples.inputs)
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

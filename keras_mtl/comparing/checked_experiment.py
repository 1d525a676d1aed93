"""The arguments of a comparison, checked before any work."""

from __future__ import annotations

from collections import Counter
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.common.arguments import is_whole_number, random_seed, whole_number
from keras_mtl.common.shapes import Shape
from keras_mtl.comparing.auxiliary_data import read_auxiliary
from keras_mtl.comparing.compared_data import read_samples, read_test
from keras_mtl.comparing.compared_labels import check_kind, read_form
from keras_mtl.comparing.experiment import Experiment
from keras_mtl.comparing.label_counts import check_classes, check_label_counts
from keras_mtl.comparing.label_draws import FOLDS, most_labels
from keras_mtl.comparing.metric import find_metric
from keras_mtl.comparing.strategies.given_inputs import back_to_given
from keras_mtl.comparing.strategies.strategy import TransferTask
from keras_mtl.comparing.strategy_arguments import check_strategies
from keras_mtl.errors import InvalidCut
from keras_mtl.estimators.labels.class_form import ClassForm
from keras_mtl.estimators.labels.label_form import LabelForm
from keras_mtl.estimators.pooled_trunk import check_cut
from keras_mtl.estimators.samples import LabelledSamples, Samples
from keras_mtl.estimators.sized_model import needs_sizes
from keras_mtl.estimators.trunk_cache import TrunkCache
from keras_mtl.graph.cuts import CutPoint
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.pooling import Pooling, check_pooling
from keras_mtl.probing.candidates import find_candidates
from keras_mtl.surgery.fresh_compile import fresh_arguments

AUTO = "auto"


def checked_experiment(
    model: keras.Model,
    x: Any,
    y: Any,
    *,
    cut: Any,
    strategies: Any,
    labels: Any,
    seeds: Any,
    test: Any,
    auxiliary: Any,
    kind: Any,
    metric: Any,
    pooling: Any,
    batch_size: Any,
) -> Experiment:
    """Return what is compared, on what; the arguments are those of `compare`."""
    check_kind(kind)
    _check_pooling(pooling)
    batch_size = whole_number("batch_size", batch_size)
    seeds = check_seeds(seeds)
    graph = Graph.of(model)
    paths = _check_cut(graph, cut, pooling)
    inputs = ModelInputs.of(model)
    chosen = check_strategies(
        strategies, back_to_given(inputs, x), has_auxiliary=auxiliary is not None
    )
    samples = read_samples(model, x, batch_size, "`x`")
    form, values = read_form(y, len(samples), kind)
    sizes = _sizes(graph, paths, pooling, samples)
    held_out = read_test(model, test, form, samples, sizes)
    first_task = read_auxiliary(model, auxiliary, batch_size, sizes)
    folds = None
    if held_out is None:
        folds = min(FOLDS, len(samples))
        check_classes(form, _names(form), values)
    trunks = TrunkCache(model)
    if sizes is not None:
        trunks = trunks.sized(sizes)
        if first_task is not None:  # Which is trained with the loss of the model.
            trunks.model.compile(**fresh_arguments(model))
    return Experiment(
        task=TransferTask(trunks, pooling, form, first_task, batch_size),
        data=LabelledSamples(samples, values, None),
        test=held_out,
        cut=_layer(trunks.model, cut, pooling),
        strategies=chosen,
        counts=check_label_counts(labels, form, values, most_labels(len(samples), folds)),
        seeds=seeds,
        folds=folds,
        metric=find_metric(metric, form, values),
        kind="regression" if form.unit(values) else "classification",
    )


def check_seeds(seeds: Any) -> list[int]:
    """Return the seeds.

    Raises:
        ValueError: They are no number of seeds, no list of seeds, or some are repeated.
    """
    if is_whole_number(seeds):
        return list(range(whole_number("seeds", seeds)))
    if isinstance(seeds, np.ndarray):
        seeds = seeds.tolist()
    if not isinstance(seeds, list | tuple | range) or not seeds:
        raise ValueError(f"`seeds` is a number of seeds, or a list of seeds. Received: {seeds!r}.")
    checked = [random_seed("seeds", seed) for seed in seeds]
    if repeated := sorted(seed for seed, times in Counter(checked).items() if times > 1):
        raise ValueError(
            f"`seeds` has {repeated} twice: the same run, done again, says nothing of the spread. "
            f"Received: {seeds!r}."
        )
    return checked


def _check_pooling(pooling: Any) -> None:
    check_pooling(pooling)
    if pooling == "none":
        raise ValueError('`compare` needs a vector for each sample. Received: pooling="none".')


def _check_cut(graph: Graph, cut: Any, pooling: Pooling) -> tuple[str, ...] | None:
    """Return the layer to cut at, none for the whole model; None if it is to be found."""
    if isinstance(cut, str) and cut == AUTO:
        return None
    if isinstance(cut, list | tuple):
        raise InvalidCut(f'`compare` cuts at one layer: a name, a number or "auto". Given: {cut}.')
    return check_cut(graph, cut.layer if isinstance(cut, CutPoint) else cut, pooling)


def _layer(model: keras.Model, cut: Any, pooling: Pooling) -> str | None:
    """Return the layer to cut at, if a head fits there; None if it is to be found."""
    found = cut == AUTO if isinstance(cut, str) else False
    candidates = find_candidates(Graph.of(model), None if found else [cut], pooling=pooling)
    return None if found else candidates[0].point.layer


def _sizes(
    graph: Graph, paths: tuple[str, ...] | None, pooling: Pooling, samples: Samples
) -> list[Shape] | None:
    """Return the shapes of the samples if a head fits for these only; None otherwise."""
    if not needs_sizes(graph, paths, pooling):
        return None
    return [array.shape[1:] for array in samples.inputs]


def _names(form: LabelForm) -> list[Any]:
    return form.classes.tolist() if isinstance(form, ClassForm) else []

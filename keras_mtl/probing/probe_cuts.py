"""A score for every depth of a model from one pass over the data."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.batches.indexed_rows import unpacked
from keras_mtl.caching.varying_features import warn_if_alike
from keras_mtl.common.arguments import (
    flag,
    one_of,
    random_seed,
    whole_number,
    whole_number_or_none,
)
from keras_mtl.engines.known_engines import checked_engine
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.head import Head
from keras_mtl.heads.pooling import Pooling, check_pooling
from keras_mtl.heads.probe_targets import ProbeTargets
from keras_mtl.keras_private.retracing import expected_to_trace
from keras_mtl.probing.candidates import Cuts, find_candidates
from keras_mtl.probing.depth_features import DepthFeatures
from keras_mtl.probing.depth_scores import score_depths
from keras_mtl.probing.one_pass import count_samples, run_over, split_features
from keras_mtl.probing.probe_table import Probes
from keras_mtl.probing.probes.known_probes import PROBES
from keras_mtl.probing.probes.probe_method import ProbeMethod
from keras_mtl.probing.task_labels import check_kind, probe_targets


def probe_cuts(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    cuts: Cuts | None = None,
    nested: bool = False,
    probe: str = "ridge",
    kind: str | Head = "auto",
    pooling: Pooling = "auto",
    max_width: int | None = 256,
    folds: int = 5,
    seed: int = 0,
    batch_size: int | None = None,
    verbose: str | int = "auto",
    engine: str = "keras",
) -> Probes:
    """Score every depth at which a model can be cut, for a task whose labels are given.

    Use it to choose the `cut` of `transfer`. The model runs once over the data, whatever the
    number of depths, and no network is trained. It warns if the features of all depths from some
    depth on hardly differ between samples.

    | probe | scores | tasks |
    |---|---|---|
    | `"ridge"` | ridge regression on all samples but one, in closed form | all |
    | `"logistic"` | logistic regression, cross-validated | classification |
    | `"knn"` | 5 nearest neighbours, cross-validated | all |
    | `"logme"` | `keras_mtl.scores.logme`; it can be infinite | all |
    | `"h_score"` | `keras_mtl.scores.h_score` with shrinkage | classification |

    Args:
        model: A Functional or built Sequential model. It is not changed.
        x: Its inputs: an array of shape `(samples, ...)`, or a list or dict of arrays if it has
            several. Or a `tf.data.Dataset`, a `PyDataset` or an iterable of batches `(x, y)`.
        y: Labels of shape `(samples,)`: classes as whole numbers, or measured numbers. Several
            numbers or yes-or-no labels have the shape `(samples, targets)`. Leave it out if `x`
            gives batches.
        cuts: Which depths: names and numbers of layers as `cut` takes them, or a part of
            `cut_points(model)`. By default every legal cut that a head fits on, but for an output
            of probabilities (softmax or sigmoid), which answers another task.
        nested: Whether the default includes the cuts inside nested models.
        probe: How features are scored; see the table.
        kind: A kind of task, as in `Head`, or `"auto"` (the default): whole numbers are classes,
            whatever their dtype, and any other numbers are regression. Or a `Head` of the kind:
            if its classes have names, `y` may hold these names.
        pooling: How features become a vector for each sample, as in `Head`.
        max_width: Features wider than this are projected at random to this width, if there are
            more samples than that. 256 by default; None never projects.
        folds: Number of cross-validation folds of `"logistic"` and `"knn"`, 5 by default.
        seed: Seed of the projection and of the folds.
        batch_size: Samples in a batch of the pass, 32 by default. Leave it out if `x` gives
            batches.
        verbose: As in `predict`: 0 hides the progress bar.
        engine: What runs the model: `"keras"`, the default, `"openvino"`, `"onnxruntime"` or
            `"auto"`, as in `fit_cached`. Each depth is compared with Keras's on the first batch.

    Returns:
        A sequence of `Probe` from the inputs to the outputs, which prints as a table. `.best` and
        `.ranking` say where to cut, `.contenders` which depths may as well be the best,
        `.plot(path)` saves a picture, `.to_frame()` gives a `pandas.DataFrame`.

    Raises:
        InvalidFeatures: Inputs do not fit the model, differ in length, are NaN or infinite, or are
            batches without an end; or the features at a depth are NaN or infinite.
        InvalidLabels: The labels do not fit the samples, the kind or the folds, or are all equal.
        InvalidCut: A cut is not legal; the nearest legal ones are named.
        LayerNotFound: No layer has the name given; near names are suggested.
        HeadMismatch: No head fits on a cut that was asked for.
        MissingExtra: `engine` is not installed.
        NotConvertible: `engine` lacks something that the model computes (a layer is named), or
            cannot run a batch after the first one.
        EngineMismatch: What `engine` gives differs from what Keras gives.
        UnsupportedBackend: `engine` cannot read the graphs of the Keras backend in use.
        ValueError: `probe`, `kind`, `pooling`, `folds`, `max_width`, `seed`, `batch_size`,
            `nested`, `verbose` or `engine` is out of its range.

    Source:
        Alain and Bengio, "Understanding intermediate layers using linear classifier probes", 2016.
        Breiman et al., "Classification and Regression Trees", 1984 (the one-standard-error rule).

    Example:
        >>> import keras, keras_mtl
        >>> model = keras.Sequential([
        ...     keras.Input((8, 8, 1)),
        ...     keras.layers.Conv2D(8, 3, activation="relu", name="conv"),
        ...     keras.layers.Flatten(name="flatten"),
        ...     keras.layers.Dense(2, activation="softmax", name="parity"),
        ... ])
        >>> x, y = keras_mtl.datasets.digits(labels={"digit": 100})["digit"]
        >>> probes = keras_mtl.probe_cuts(model, x, y, verbose=0)
        >>> [probe.layer for probe in probes]
        ['conv', 'flatten']
        >>> probes.best.layer
        'flatten'
    """
    x, y = unpacked(x, y)
    method = PROBES.find(probe)
    check_kind(kind)
    _check_vectors(pooling, max_width)
    _check_pass(nested, folds, seed, batch_size, verbose)
    engine = checked_engine(engine)
    graph = Graph.of(model)
    candidates = find_candidates(graph, cuts, nested=nested, pooling=pooling)
    samples = None if y is None else count_samples(model, x)
    # Before the pass if the labels are known, after it if they come with the batches.
    targets = None if samples is None else _checked_targets(method, y, samples, kind, folds)
    width = None if samples is not None and samples <= (max_width or samples) else max_width
    extractor = DepthFeatures.of(graph, candidates, pooling, width, seed)
    with expected_to_trace():
        seen = run_over(extractor, x, y, batch_size=batch_size, verbose=verbose, engine=engine)
    if targets is None:
        targets = _checked_targets(method, seen.labels, len(seen.features), kind, folds)
    layers = [one.point.layer for one in candidates]
    parts = split_features(seen.features, extractor.widths, layers)
    warn_if_alike(parts, layers, seen.first)
    return score_depths(model.name, method, candidates, parts, targets, folds=folds, seed=seed)


def _checked_targets(
    method: ProbeMethod, y: Any, samples: int, kind: str | Head, folds: int
) -> ProbeTargets:
    targets = probe_targets(y, samples, kind)
    method.check(targets, folds)
    return targets


def _check_vectors(pooling: str, max_width: int | None) -> None:
    check_pooling(pooling)
    if pooling == "none":
        raise ValueError('A probe needs a vector for each sample. Received: pooling="none".')
    whole_number_or_none("max_width", max_width)


def _check_pass(nested: Any, folds: Any, seed: Any, batch_size: Any, verbose: Any) -> None:
    flag("nested", nested)
    whole_number("folds", folds, least=2)
    random_seed("seed", seed)
    whole_number_or_none("batch_size", batch_size)
    one_of("verbose", verbose, ("auto", 0, 1, 2))

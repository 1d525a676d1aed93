"""The scores of features that were computed before."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np

from keras_mtl.heads.probe_targets import ProbeTargets
from keras_mtl.probing.candidates import Candidate
from keras_mtl.probing.parallel import in_parallel
from keras_mtl.probing.probe_table import Probe, Probes, errors_of_differences
from keras_mtl.probing.probes.probe_method import ProbeMethod, ProbeScore
from keras_mtl.scores.spectrum import Floats


def score_depths(
    model_name: str,
    method: ProbeMethod,
    candidates: Sequence[Candidate],
    parts: Sequence[Floats],
    targets: ProbeTargets,
    *,
    folds: int,
    seed: int,
) -> Probes:
    """Return a score for each depth.

    Args:
        model_name: Name of the model.
        method: How features are scored.
        candidates: The depths.
        parts: The features at each depth, with a row for each label.
        targets: The labels.
        folds: Number of folds of a probe that is cross-validated.
        seed: Seed of the folds.
    """
    scores = in_parallel(lambda part: method.score(part, targets, folds=folds, seed=seed), parts)
    records = map(_record, count(1), candidates, scores)
    return Probes(
        model_name,
        method.unit or targets.metric,
        list(records),
        None if method.unit else targets.chance,
        _errors(scores),
        shallow_first=targets.shallow_first,
    )


def _record(depth: int, candidate: Candidate, score: ProbeScore) -> Probe:
    point = candidate.point
    numbers = (score.score, score.spread, score.fit)
    return Probe(depth, point.layer, point.cut, point.shape, point.params, *numbers)


def _errors(scores: Sequence[ProbeScore]) -> Floats | None:
    gains = [score.gains for score in scores if score.gains is not None]
    return errors_of_differences(np.stack(gains)) if gains else None

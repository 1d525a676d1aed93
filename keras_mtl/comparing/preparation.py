"""What is done once before the runs: features, depths, the rows of each run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_mtl.comparing.cut_features import cut_features
from keras_mtl.comparing.depth_choice import DepthChoice
from keras_mtl.comparing.experiment import Experiment
from keras_mtl.comparing.label_draws import Draw
from keras_mtl.comparing.material import Material
from keras_mtl.comparing.planned_run import Part, PlannedRun, Rows, RunKey
from keras_mtl.comparing.runner import Runner
from keras_mtl.estimators.samples import LabelledSamples


def prepare(
    experiment: Experiment, keys: Sequence[RunKey], verbose: int
) -> tuple[Runner, list[PlannedRun]]:
    """Return what does the runs, and the runs.

    Args:
        experiment: What is compared.
        keys: The runs that are left to do.
        verbose: Whether the pass over the data shows its progress.
    """
    # Of all runs and not only of those that are left, so that batches, and with them the last bits
    # of the features, are the same in a comparison that goes on.
    rows = experiment.rows
    needed = {(key.labels, key.seed): experiment.draws[key.labels, key.seed] for key in keys}
    data = _taken(experiment.data, rows)
    choice, cuts = _cuts(experiment, data, rows, needed, verbose)
    every = sorted({cut for each in cuts.values() for cut in each})
    runner = _runner(experiment, data, choice, every)
    planned = []
    for key in keys:
        place = key.labels, key.seed
        parts = [_part(rows, *one) for one in zip(needed[place], cuts[place], strict=True)]
        planned.append(PlannedRun(key, experiment.strategy(key.strategy), parts))
    return runner, planned


def prepare_all(experiment: Experiment, strategy: str) -> tuple[Runner, PlannedRun]:
    """Return what trains one strategy on all labels, and how."""
    rows = np.arange(len(experiment.data.values))
    key = RunKey(strategy, len(rows), experiment.seeds[0])
    draws = {(key.labels, key.seed): [Draw(rows, None)]}
    choice, cuts = _cuts(experiment, experiment.data, rows, draws, verbose=0)
    ((cut,),) = cuts.values()
    runner = _runner(experiment, experiment.data, choice, [cut])
    return runner, PlannedRun(key, experiment.strategy(strategy), [Part(rows, None, cut)])


def _taken(data: LabelledSamples, rows: Rows) -> LabelledSamples:
    """Return some of the samples; without a copy if these are all."""
    return data if len(rows) == len(data.values) else data.take(rows)


def _cuts(
    experiment: Experiment,
    data: LabelledSamples,
    rows: Rows,
    draws: dict[tuple[int, int], list[Draw]],
    verbose: int,
) -> tuple[DepthChoice | None, dict[tuple[int, int], list[str]]]:
    """Return the cut of each draw, chosen by its labels alone."""
    if experiment.cut is not None:
        return None, {place: [experiment.cut] * len(each) for place, each in draws.items()}
    task = experiment.task
    choice = DepthChoice(task.model, task.labels, data, task.pooling, verbose)
    chosen = {
        (labels, seed): [choice.best(np.searchsorted(rows, one.rows), seed)[0] for one in each]
        for (labels, seed), each in draws.items()
    }
    return choice, chosen


def _runner(
    experiment: Experiment,
    data: LabelledSamples,
    choice: DepthChoice | None,
    cuts: Sequence[str],
) -> Runner:
    # What the runs keep is let go with the runner, and not held by the result.
    task, test = experiment.task.fresh(), experiment.test
    features = {}
    for cut in cuts:
        known = None if choice is None else choice.features_of(cut)
        samples = None if test is None else test.samples
        features[cut] = cut_features(task.vectors(cut), data.samples, samples, known)
    material = Material(
        data.samples.inputs,
        data.values,
        None if test is None else test.samples.inputs,
        None if test is None else test.values,
        features,
        experiment.metric,
    )
    return Runner(task, material)


def _part(rows: Rows, draw: Draw, cut: str) -> Part:
    """Return a part whose rows are counted among those that any run needs."""
    judged = None if draw.judged is None else np.searchsorted(rows, draw.judged)
    return Part(np.searchsorted(rows, draw.rows), judged, cut)

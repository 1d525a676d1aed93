"""What the report of a comparison is made from."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import keras

from keras_mtl.comparing.experiment import Experiment
from keras_mtl.comparing.final_training import depths_for_all
from keras_mtl.explaining.explanation import Explanation
from keras_mtl.explaining.network_parts import NetworkParts
from keras_mtl.pictures.scores_by_depth import DepthScore
from keras_mtl.probing.probe_table import Probes
from keras_mtl.report.report_data import Depths, ReportData
from keras_mtl.results.run import Run
from keras_mtl.results.verdict import Verdict

PACKAGES = ("keras", "numpy", "scikit-learn")


def report_data(
    experiment: Experiment,
    runs: Sequence[Run],
    verdict: Verdict,
    *,
    network: NetworkParts | None = None,
    explanation: Explanation | None = None,
) -> ReportData:
    """Return what the report of a comparison is made from.

    Args:
        experiment: What was compared, on what.
        runs: All runs, those that failed too.
        verdict: What they say.
        network: The best model in its parts; None if it is no network.
        explanation: What the best model gets wrong; None without test rows.
    """
    return ReportData(
        title=experiment.title,
        runs=runs,
        verdict=verdict,
        metric=experiment.metric.name,
        folds=experiment.folds,
        judged=f"Judged on {experiment.judged}.",
        depths=_depths(experiment),
        network=network,
        explanation=explanation,
        settings=_settings(experiment),
        versions=_versions(),
        call=call_text(experiment),
    )


def call_text(experiment: Experiment) -> str:
    """Return the call that repeats a comparison."""
    task = experiment.task
    given = {
        "strategies": [one.name for one in experiment.strategies],
        "labels": list(experiment.counts),
        "seeds": list(experiment.seeds),
        "cut": experiment.cut or "auto",
        "kind": experiment.kind,
        "metric": experiment.metric.name,
        "pooling": task.pooling,
        "batch_size": task.batch_size,
    }
    lines = ["model, x, y", *(f"{name}={value!r}" for name, value in given.items())]
    if experiment.test is not None:
        lines.append("test=(x_test, y_test)")
    if task.auxiliary is not None:
        lines.append("auxiliary=(x_first, y_first)")
    return "keras_mtl.compare(\n" + "".join(f"    {line},\n" for line in lines) + ")"


def _depths(experiment: Experiment) -> Depths | None:
    """Return the scores by depth for all labels; None if the cut was given."""
    probes = depths_for_all(experiment) if experiment.cut is None else None
    if probes is None:
        return None
    scores = [DepthScore(one.layer, one.score, one.spread or 0.0) for one in probes]
    return Depths(scores, probes.metric, probes.best.layer, probes.chance, _note(probes))


def _note(probes: Probes) -> str:
    """Return which depths may as well be the best."""
    return (
        "A ridge regression on the features of all rows with labels, one of which is left out at a "
        f"time. {probes.footer}."
    )


def _settings(experiment: Experiment) -> dict[str, object]:
    task = experiment.task
    settings: dict[str, Any] = {
        "trained network": f"{task.model.name}, {task.model.count_params():,} parameters",
        "rows to draw labels from": f"{len(experiment.data.values):,}",
        "judged on": experiment.judged,
        "kind of labels": experiment.kind,
        "cut": experiment.cut or "the best depth for the labels of each run",
        "pooling": task.pooling,
        "batch size": task.batch_size,
    }
    if task.auxiliary is not None:
        settings["rows of the first task"] = f"{len(task.auxiliary.values):,}"
    return settings


def _versions() -> dict[str, str]:
    packages = {name: _version(name) for name in (*PACKAGES, keras.config.backend())}
    own = import_module("keras_mtl").__version__
    return {"Python": platform.python_version(), "keras_mtl": own, **packages}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # It was built under another name, such as `tensorflow-cpu`.
        return "unknown"

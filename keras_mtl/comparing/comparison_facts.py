"""What is said of a comparison beside its runs, in memory and in its folder."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import keras

from keras_mtl.common.checked_json import read_checked_json, write_checked_json
from keras_mtl.comparing.experiment import Experiment

FACTS = "facts.json"
PACKAGES = ("keras", "numpy", "scikit-learn")


@dataclass(frozen=True)
class ComparisonFacts:
    """What is said of a comparison beside its runs.

    Attributes:
        title: What was compared.
        judged: What the scores were measured on, in words.
        metric: The name of the score, as scikit-learn calls its scorer.
        folds: Number of folds of a cross-validation; None if there were test rows.
        planned: Number of runs when all are done.
        settings: What was asked for, by name.
        versions: Versions of packages, by name.
        call: The lines of Python that repeat it.
    """

    title: str
    judged: str
    metric: str
    folds: int | None
    planned: int
    settings: Mapping[str, Any]
    versions: Mapping[str, str]
    call: str

    def write(self, folder: Path) -> None:
        """Write the facts into the folder of the comparison."""
        write_checked_json(folder / FACTS, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> ComparisonFacts:
        """Read the facts from the folder of a comparison.

        Raises:
            OSError: The folder has none.
            ValueError: The file is damaged.
        """
        return cls(**read_checked_json(folder / FACTS))


def facts_of(experiment: Experiment) -> ComparisonFacts:
    """Return what is said of a comparison."""
    return ComparisonFacts(
        title=experiment.title,
        judged=experiment.judged,
        metric=experiment.metric.name,
        folds=experiment.folds,
        planned=len(experiment.keys),
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

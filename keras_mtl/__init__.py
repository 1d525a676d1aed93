"""Reuse a network that was trained for one task on another task, in Keras 3."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from keras_mtl.caching.fit_cached import fit_cached

# Imported now and not when first used: `keras.models.load_model` finds registered classes only
# after the files that define them have been imported, and where a function has the name of its
# file, a later import of the file by another one would put the module in its place.
from keras_mtl.export import export
from keras_mtl.heads.head import Head
from keras_mtl.models.multi_task_model import MultiTaskModel
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.surgery.trunk import Trunk
from keras_mtl.training.task_optimizer import TaskOptimizer
from keras_mtl.transfer import transfer

if TYPE_CHECKING:
    from keras_mtl import datasets, schedules, scores
    from keras_mtl.estimators.feature_extractor import FeatureExtractor
    from keras_mtl.finetuning.freezing import freeze, unfreeze
    from keras_mtl.graph.cuts import CutPoint, CutPoints, cut_points
    from keras_mtl.models.task_scores import TaskScores
    from keras_mtl.probing.probe_cuts import probe_cuts
    from keras_mtl.probing.probe_table import Probe, Probes
    from keras_mtl.surgery.plain import to_plain
    from keras_mtl.surgery.scratch import from_scratch
    from keras_mtl.training.task_early_stopping import TaskEarlyStopping
    from keras_mtl.tuning.hypermodel import CutHyperModel
    from keras_mtl.tuning.tuner import CutTuner

__version__ = "0.1.0"

__all__ = [
    "CutHyperModel",
    "CutPoint",
    "CutPoints",
    "CutTuner",
    "FeatureExtractor",
    "Head",
    "MultiTaskModel",
    "Probe",
    "Probes",
    "TaskEarlyStopping",
    "TaskOptimizer",
    "TaskScores",
    "TransferModel",
    "Trunk",
    "cut_points",
    "datasets",
    "export",
    "fit_cached",
    "freeze",
    "from_scratch",
    "probe_cuts",
    "schedules",
    "scores",
    "to_plain",
    "transfer",
    "unfreeze",
]

_HOMES = {
    "CutHyperModel": "tuning.hypermodel",
    "CutPoint": "graph.cuts",
    "CutPoints": "graph.cuts",
    "CutTuner": "tuning.tuner",
    "FeatureExtractor": "estimators.feature_extractor",
    "Probe": "probing.probe_table",
    "Probes": "probing.probe_table",
    "TaskEarlyStopping": "training.task_early_stopping",
    "TaskScores": "models.task_scores",
    "cut_points": "graph.cuts",
    "freeze": "finetuning.freezing",
    "from_scratch": "surgery.scratch",
    "probe_cuts": "probing.probe_cuts",
    "to_plain": "surgery.plain",
    "unfreeze": "finetuning.freezing",
}
_MODULES = ("datasets", "schedules", "scores")


def __getattr__(name: str) -> Any:
    """Import what is used first only then, so that `import keras_mtl` costs what Keras costs."""
    if name in _MODULES:
        return import_module(f"keras_mtl.{name}")
    if name in _HOMES:
        return getattr(import_module(f"keras_mtl.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'keras_mtl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

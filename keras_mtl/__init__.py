"""Reuse a network that was trained for one task on another task, in Keras 3."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Imported now and not when first used: `keras.models.load_model` finds registered classes only
# after the files that define them have been imported, and where a function has the name of its
# file, a later import of the file by another one would put the module in its place.
from keras_mtl.export import export
from keras_mtl.features.fit_cached import fit_cached
from keras_mtl.multitask.model import MultiTaskModel
from keras_mtl.multitask.optimizer import TaskOptimizer
from keras_mtl.surgery.heads import Head
from keras_mtl.surgery.joined import TransferModel
from keras_mtl.surgery.trunk import Trunk
from keras_mtl.transfer import transfer

if TYPE_CHECKING:
    from keras_mtl import datasets, schedules, scores
    from keras_mtl.features.extractor import FeatureExtractor
    from keras_mtl.finetuning.freezing import freeze, unfreeze
    from keras_mtl.multitask.task_scores import TaskScores
    from keras_mtl.search.hypermodel import CutHyperModel
    from keras_mtl.search.probe_table import Probe, Probes
    from keras_mtl.search.probes import probe_cuts
    from keras_mtl.search.tuner import CutTuner
    from keras_mtl.surgery.cuts import CutPoint, CutPoints, cut_points
    from keras_mtl.surgery.plain import to_plain
    from keras_mtl.surgery.scratch import from_scratch

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
    "CutHyperModel": "search.hypermodel",
    "CutPoint": "surgery.cuts",
    "CutPoints": "surgery.cuts",
    "CutTuner": "search.tuner",
    "FeatureExtractor": "features.extractor",
    "Probe": "search.probe_table",
    "Probes": "search.probe_table",
    "TaskScores": "multitask.task_scores",
    "cut_points": "surgery.cuts",
    "freeze": "finetuning.freezing",
    "from_scratch": "surgery.scratch",
    "probe_cuts": "search.probes",
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

"""Reuse a network that was trained for one task on another task, in Keras 3.

Where to cut a trained model:

- `cut_points`: every legal cut, a `CutPoint` each, as a table (`CutPoints`)
- `probe_cuts`: a score for every cut from one pass over the data (`Probes`, a `Probe` each)
- `CutTuner`, `CutHyperModel`: the search for the best cut with keras-tuner

Which way, for how many labels:

- `compare`: every strategy with several numbers of labels; gives a `Comparison`, a
  `ComparedStrategy` each, with a verdict and a report

One new task:

- `transfer`: cut, freeze and a new head in one call; gives a `TransferModel`, or a `Trunk` alone
- `Head`: the new last layers, with the loss and the metrics that fit the labels
- `freeze`, `unfreeze`: make layers of the trunk static, or trainable again
- `predict_classes`: predictions as names of classes; `add_classes`: a trained head gets new classes
- `fit_cached`: like `model.fit`, but the frozen layers run once
- `compute_features`: what the frozen layers give, in shards that several machines compute (a
  `FeatureShards`); `FeatureWorker`: the same in actors of Ray Data
- `fine_tune`: the head first, then deeper, at smaller rates; `Phase`: what trains in one phase
- `find_learning_rate`: a learning rate range test (`RateRange`)
- `layerwise`: an optimizer with a learning rate for each layer
- `from_scratch`: the same architecture with fresh weights, the control
- `TransferClassifier`, `TransferRegressor`: all of it as a scikit-learn estimator
- `FeatureExtractor`: the features for scikit-learn

Several tasks:

- `MultiTaskModel`: one trunk and a head for each task, trained in turn or jointly
- `schedules`: which task trains at which step
- `balancing`: how the losses or gradients of several tasks become one update
- `TaskOptimizer`: one optimizer for each part, with steps of its own
- `tune_loss_weights`: how much helper tasks count for a main task, as a table (`WeightTrials`)
- `TaskConflicts`: a callback that measures whether the gradients of the tasks agree
- `TaskEarlyStopping`: a callback that stops one task, while the others go on
- `TaskScores`: what `MultiTaskModel.evaluate` returns

What a model gets right and wrong:

- `explain`: confusion, scores of classes, calibration, worst mistakes (an `Explanation`)
- `grad_cam`: where in a picture a model looked at
- `plot_transfer`: a picture of what is kept, static, trained and new
- `plot_curves`, `plot_pictures`: learning curves by task and way of training; pictures side by side

Before and after:

- `scores`: transferability scores in NumPy
- `datasets`: data sets as `{task: (x, y)}`, with label budgets
- `export`: a SavedModel, ONNX, LiteRT or OpenVINO; `load_export`: runs it, without Keras (a
  `LoadedExport`); `to_plain`: the same model in Keras's own layers
- `errors`: what is raised; each error is also the built-in error that it refines

`help(keras_mtl.transfer)`, for one, shows the arguments and an example.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from keras_mtl.common.import_finder import ImportFinder
from keras_mtl.errors import MissingBackend

if TYPE_CHECKING:
    from keras_mtl import balancing, datasets, errors, schedules, scores
    from keras_mtl.caching.compute_features import compute_features
    from keras_mtl.caching.feature_shards import FeatureShards
    from keras_mtl.caching.feature_worker import FeatureWorker
    from keras_mtl.caching.fit_cached import fit_cached
    from keras_mtl.comparing.compare import compare
    from keras_mtl.comparing.compared_strategy import ComparedStrategy
    from keras_mtl.comparing.comparison import Comparison
    from keras_mtl.estimators.feature_extractor import FeatureExtractor
    from keras_mtl.estimators.transfer_classifier import TransferClassifier
    from keras_mtl.estimators.transfer_regressor import TransferRegressor
    from keras_mtl.explaining.explain import explain
    from keras_mtl.explaining.explanation import Explanation
    from keras_mtl.explaining.grad_cam import grad_cam
    from keras_mtl.explaining.plot_curves import plot_curves
    from keras_mtl.explaining.plot_pictures import plot_pictures
    from keras_mtl.explaining.plot_transfer import plot_transfer
    from keras_mtl.exporting.export import export
    from keras_mtl.finetuning.find_learning_rate import find_learning_rate
    from keras_mtl.finetuning.fine_tune import fine_tune
    from keras_mtl.finetuning.freezing import freeze, unfreeze
    from keras_mtl.finetuning.phase import Phase
    from keras_mtl.finetuning.rate_range import RateRange
    from keras_mtl.graph.cuts import CutPoint, CutPoints, cut_points
    from keras_mtl.heads.head import Head
    from keras_mtl.models.added_classes import add_classes
    from keras_mtl.models.multi_task_model import MultiTaskModel
    from keras_mtl.models.predicted_classes import predict_classes
    from keras_mtl.models.task_scores import TaskScores
    from keras_mtl.models.transfer_model import TransferModel
    from keras_mtl.probing.probe_cuts import probe_cuts
    from keras_mtl.probing.probe_table import Probe, Probes
    from keras_mtl.serving.loaded_export import LoadedExport, load_export
    from keras_mtl.surgery.plain import to_plain
    from keras_mtl.surgery.scratch import from_scratch
    from keras_mtl.surgery.trunk import Trunk
    from keras_mtl.training.layerwise import layerwise
    from keras_mtl.training.task_conflicts import TaskConflicts
    from keras_mtl.training.task_early_stopping import TaskEarlyStopping
    from keras_mtl.training.task_optimizer import TaskOptimizer
    from keras_mtl.transferring import transfer
    from keras_mtl.tuning.hypermodel import CutHyperModel
    from keras_mtl.tuning.tuner import CutTuner
    from keras_mtl.weighing.tune_loss_weights import tune_loss_weights
    from keras_mtl.weighing.weight_trials import WeightTrials

__version__ = "0.1.0"

__all__ = [
    "ComparedStrategy",
    "Comparison",
    "CutHyperModel",
    "CutPoint",
    "CutPoints",
    "CutTuner",
    "Explanation",
    "FeatureExtractor",
    "FeatureShards",
    "FeatureWorker",
    "Head",
    "LoadedExport",
    "MultiTaskModel",
    "Phase",
    "Probe",
    "Probes",
    "RateRange",
    "TaskConflicts",
    "TaskEarlyStopping",
    "TaskOptimizer",
    "TaskScores",
    "TransferClassifier",
    "TransferModel",
    "TransferRegressor",
    "Trunk",
    "WeightTrials",
    "add_classes",
    "balancing",
    "compare",
    "compute_features",
    "cut_points",
    "datasets",
    "errors",
    "explain",
    "export",
    "find_learning_rate",
    "fine_tune",
    "fit_cached",
    "freeze",
    "from_scratch",
    "grad_cam",
    "layerwise",
    "load_export",
    "plot_curves",
    "plot_pictures",
    "plot_transfer",
    "predict_classes",
    "probe_cuts",
    "schedules",
    "scores",
    "to_plain",
    "transfer",
    "tune_loss_weights",
    "unfreeze",
]

_HOMES = {
    "ComparedStrategy": "comparing.compared_strategy",
    "Comparison": "comparing.comparison",
    "CutHyperModel": "tuning.hypermodel",
    "CutPoint": "graph.cuts",
    "CutPoints": "graph.cuts",
    "CutTuner": "tuning.tuner",
    "Explanation": "explaining.explanation",
    "FeatureExtractor": "estimators.feature_extractor",
    "FeatureShards": "caching.feature_shards",
    "FeatureWorker": "caching.feature_worker",
    "Head": "heads.head",
    "LoadedExport": "serving.loaded_export",
    "MultiTaskModel": "models.multi_task_model",
    "Phase": "finetuning.phase",
    "Probe": "probing.probe_table",
    "Probes": "probing.probe_table",
    "RateRange": "finetuning.rate_range",
    "TaskConflicts": "training.task_conflicts",
    "TaskEarlyStopping": "training.task_early_stopping",
    "TaskOptimizer": "training.task_optimizer",
    "TaskScores": "models.task_scores",
    "TransferClassifier": "estimators.transfer_classifier",
    "TransferModel": "models.transfer_model",
    "TransferRegressor": "estimators.transfer_regressor",
    "Trunk": "surgery.trunk",
    "WeightTrials": "weighing.weight_trials",
    "add_classes": "models.added_classes",
    "compare": "comparing.compare",
    "compute_features": "caching.compute_features",
    "cut_points": "graph.cuts",
    "explain": "explaining.explain",
    "export": "exporting.export",
    "find_learning_rate": "finetuning.find_learning_rate",
    "fine_tune": "finetuning.fine_tune",
    "fit_cached": "caching.fit_cached",
    "freeze": "finetuning.freezing",
    "from_scratch": "surgery.scratch",
    "grad_cam": "explaining.grad_cam",
    "layerwise": "training.layerwise",
    "load_export": "serving.loaded_export",
    "plot_curves": "explaining.plot_curves",
    "plot_pictures": "explaining.plot_pictures",
    "plot_transfer": "explaining.plot_transfer",
    "predict_classes": "models.predicted_classes",
    "probe_cuts": "probing.probe_cuts",
    "to_plain": "surgery.plain",
    "transfer": "transferring",
    "tune_loss_weights": "weighing.tune_loss_weights",
    "unfreeze": "finetuning.freezing",
}
_MODULES = ("balancing", "datasets", "schedules", "scores")

_WITHOUT_KERAS = (
    "__main__",
    "cli.",
    "common.",
    "errors.",
    "linear.",
    "results.",
    "scores.",
    "serving.",
)
"""Files that import no Keras, and so may be imported before it."""
_REGISTERED = (
    "heads.head",
    "models.multi_task_model",
    "models.transfer_model",
    "surgery.trunk",
    "training.task_optimizer",
)
"""Files with the classes that are registered with Keras; they import those with the others."""


def __getattr__(name: str) -> Any:
    """Import what is used first only then, so that `import keras_mtl` costs next to nothing."""
    if name in _MODULES:
        return import_module(f"keras_mtl.{name}")
    if name in _HOMES:
        return getattr(import_module(f"keras_mtl.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'keras_mtl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def _needs_keras(module: str) -> bool:
    """Return whether a file is one of ours that imports Keras."""
    _, is_ours, name = module.partition("keras_mtl.")
    light = f"{name}.".startswith(_WITHOUT_KERAS) and name != "common.registered"
    return bool(is_ours) and not light


def _register() -> None:
    """Import Keras and our registered classes, which `keras.models.load_model` finds then."""
    try:
        import_module("keras")
    except ModuleNotFoundError as error:
        if error.name not in MissingBackend.PIP_LINES:
            raise
        raise MissingBackend(error.name) from error
    for name in _REGISTERED:
        import_module(f"keras_mtl.{name}")


_finder = ImportFinder("keras", needed=_needs_keras, action=_register)
if sys.modules.get("keras") is None:
    _finder.install()
else:
    _register()

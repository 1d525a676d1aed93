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
- `fine_tune`: the head first, then deeper, at smaller rates; `Phase`: what trains in one phase
- `find_learning_rate`: a learning rate range test (`RateRange`)
- `layerwise`: an optimizer with a learning rate for each layer
- `from_scratch`: the same architecture with fresh weights, the control
- `TransferClassifier`, `TransferRegressor`: all of it as a scikit-learn estimator
- `FeatureExtractor`: the features for scikit-learn

Several tasks:

- `MultiTaskModel`: one trunk and a head for each task, trained in turn or jointly
- `schedules`: which task trains at which step
- `TaskOptimizer`: one optimizer for each part, with steps of its own
- `TaskEarlyStopping`: a callback that stops one task, while the others go on
- `TaskScores`: what `MultiTaskModel.evaluate` returns

What a model gets right and wrong:

- `explain`: confusion, scores of classes, calibration, worst mistakes (an `Explanation`)
- `grad_cam`: where in a picture a model looked at
- `plot_transfer`: a picture of what is kept, static, trained and new

Before and after:

- `scores`: transferability scores in NumPy
- `datasets`: data sets as `{task: (x, y)}`, with label budgets
- `export`: a SavedModel for TensorFlow; `to_plain`: the same model in Keras's own layers
- `errors`: what is raised; each error is also the built-in error that it refines

`help(keras_mtl.transfer)`, for one, shows the arguments and an example.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from keras_mtl.errors import MissingBackend

try:
    import keras  # noqa: F401 (first, so that an error of its backend can be explained)
except ModuleNotFoundError as error:
    if error.name not in MissingBackend.PIP_LINES:
        raise
    raise MissingBackend(error.name) from error

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
    from keras_mtl import datasets, errors, schedules, scores
    from keras_mtl.comparing.compare import compare
    from keras_mtl.comparing.compared_strategy import ComparedStrategy
    from keras_mtl.comparing.comparison import Comparison
    from keras_mtl.estimators.feature_extractor import FeatureExtractor
    from keras_mtl.estimators.transfer_classifier import TransferClassifier
    from keras_mtl.estimators.transfer_regressor import TransferRegressor
    from keras_mtl.explaining.explain import explain
    from keras_mtl.explaining.explanation import Explanation
    from keras_mtl.explaining.grad_cam import grad_cam
    from keras_mtl.explaining.plot_transfer import plot_transfer
    from keras_mtl.finetuning.find_learning_rate import find_learning_rate
    from keras_mtl.finetuning.fine_tune import fine_tune
    from keras_mtl.finetuning.freezing import freeze, unfreeze
    from keras_mtl.finetuning.phase import Phase
    from keras_mtl.finetuning.rate_range import RateRange
    from keras_mtl.graph.cuts import CutPoint, CutPoints, cut_points
    from keras_mtl.models.added_classes import add_classes
    from keras_mtl.models.predicted_classes import predict_classes
    from keras_mtl.models.task_scores import TaskScores
    from keras_mtl.probing.probe_cuts import probe_cuts
    from keras_mtl.probing.probe_table import Probe, Probes
    from keras_mtl.surgery.plain import to_plain
    from keras_mtl.surgery.scratch import from_scratch
    from keras_mtl.training.layerwise import layerwise
    from keras_mtl.training.task_early_stopping import TaskEarlyStopping
    from keras_mtl.tuning.hypermodel import CutHyperModel
    from keras_mtl.tuning.tuner import CutTuner

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
    "Head",
    "MultiTaskModel",
    "Phase",
    "Probe",
    "Probes",
    "RateRange",
    "TaskEarlyStopping",
    "TaskOptimizer",
    "TaskScores",
    "TransferClassifier",
    "TransferModel",
    "TransferRegressor",
    "Trunk",
    "add_classes",
    "compare",
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
    "plot_transfer",
    "predict_classes",
    "probe_cuts",
    "schedules",
    "scores",
    "to_plain",
    "transfer",
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
    "Phase": "finetuning.phase",
    "Probe": "probing.probe_table",
    "Probes": "probing.probe_table",
    "RateRange": "finetuning.rate_range",
    "TaskEarlyStopping": "training.task_early_stopping",
    "TaskScores": "models.task_scores",
    "TransferClassifier": "estimators.transfer_classifier",
    "TransferRegressor": "estimators.transfer_regressor",
    "add_classes": "models.added_classes",
    "compare": "comparing.compare",
    "cut_points": "graph.cuts",
    "explain": "explaining.explain",
    "find_learning_rate": "finetuning.find_learning_rate",
    "fine_tune": "finetuning.fine_tune",
    "freeze": "finetuning.freezing",
    "from_scratch": "surgery.scratch",
    "grad_cam": "explaining.grad_cam",
    "layerwise": "training.layerwise",
    "plot_transfer": "explaining.plot_transfer",
    "predict_classes": "models.predicted_classes",
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
    return [*__all__, "__version__"]

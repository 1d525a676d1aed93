"""Checks of what `CutTuner` and its `search` are given, before the first trial."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import keras_tuner

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.heads.head import Head
from keras_mtl.tuning.hypermodel import CutHyperModel


def check_objective(objective: Any, head: Head) -> None:
    """Refuse an objective that the training of the head never reports.

    Raises:
        FatalValueError: It is none of the head's metrics; near names are suggested.
    """
    name = getattr(objective, "name", objective)
    measured = ["loss", *(metric.name for metric in head.make_metrics())]
    known = [f"{prefix}{one}" for prefix in ("val_", "") for one in measured]
    if name not in known:
        raise keras_tuner.errors.FatalValueError(
            f"`objective` is one of {known}. Received: {name!r}.{did_you_mean(name, known)}"
        )


def check_hypermodel(hypermodel: Any) -> None:
    """Refuse a hypermodel whose depths cannot be ranked, or whose heads cannot be trained first.

    Raises:
        TypeError: It is no `CutHyperModel`.
        ValueError: It has no pooled features, or freezes no trunk.
    """
    if not isinstance(hypermodel, CutHyperModel):
        raise TypeError(
            "`CutTuner` searches a `CutHyperModel(model, head)`. Received: "
            f"`{type(hypermodel).__name__}`."
        )
    if hypermodel.head.pooling == "none":
        raise ValueError(
            '`CutTuner` ranks depths by pooled features. Received a head with `pooling="none"`: '
            "use another pooling, or another tuner."
        )
    if True not in hypermodel.freeze:
        raise ValueError(
            "`CutTuner` trains heads on static trunks before it fine-tunes any. Received a "
            "hypermodel with `freeze=[False]`: leave `freeze` out, or use another tuner."
        )


def check_fit_arguments(objective: str, x: Any, fit_arguments: Mapping[str, Any]) -> None:
    """Refuse arguments of `search` that its trials cannot use.

    Raises:
        FatalValueError: `fit` has no such argument, `epochs` is given, `validation_data` and
            `validation_split` are both missing, or `x` can be read only once.
    """
    known = inspect.signature(keras.Model.fit).parameters
    for name in fit_arguments:
        if name not in known:
            raise keras_tuner.errors.FatalValueError(
                f"`fit` has no argument {name!r}.{did_you_mean(name, known)}"
            )
    if "epochs" in fit_arguments:
        raise keras_tuner.errors.FatalValueError(
            "`epochs` is an argument of `CutTuner`, not of `search`: the number of epochs of the "
            "longest trials."
        )
    validated = fit_arguments.get("validation_data") is not None
    if objective.startswith("val_") and not (validated or fit_arguments.get("validation_split")):
        raise keras_tuner.errors.FatalValueError(
            f"`objective={objective!r}` needs `validation_data` or `validation_split` in `search`."
        )
    if isinstance(x, Iterator) and not fit_arguments.get("steps_per_epoch"):
        raise keras_tuner.errors.FatalValueError(
            f"A `{type(x).__name__}` can be read only once, but each trial reads `x`. Give arrays, "
            "a `PyDataset` or a `tf.data.Dataset`; or `steps_per_epoch`, if it has no end."
        )

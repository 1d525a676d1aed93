"""What a search can go by."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import keras
import keras_tuner

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.heads.head import Head


def check_objective(objective: Any, head: Head) -> None:
    """Refuse an objective that the training of the head never reports.

    Raises:
        FatalValueError: It is none of the head's metrics; near names are suggested.
    """
    name = getattr(objective, "name", objective)
    measured = ["loss", *(metric.name for metric in head.make_metrics())]
    known = [f"{prefix}{one}" for prefix in ("val_", "") for one in measured]
    if name not in known:
        hint = did_you_mean(name, known)
        raise keras_tuner.errors.FatalValueError(
            f"`objective` is one of {known}. Received: {name!r}.{hint}"
        )


def check_fit_arguments(objective: str, fit_arguments: Mapping[str, Any]) -> None:
    """Refuse a search by validation data without any, and arguments that `fit` does not take.

    Raises:
        FatalValueError: `validation_data` and `validation_split` are both missing, `epochs` is
            given, or `fit` has no such argument.
    """
    known = inspect.signature(keras.Model.fit).parameters
    for name in fit_arguments:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else ""
            raise keras_tuner.errors.FatalValueError(f"`fit` has no argument `{name}`.{hint}")
    validated = fit_arguments.get("validation_data") is not None
    validated = validated or bool(fit_arguments.get("validation_split"))
    if objective.startswith("val_") and not validated:
        raise keras_tuner.errors.FatalValueError(
            f"`objective={objective!r}` needs `validation_data` or `validation_split` in `search`."
        )
    if "epochs" in fit_arguments:
        raise keras_tuner.errors.FatalValueError(
            "`epochs` is an argument of `CutTuner`, not of `search`: it is how long the longest "
            "trials train."
        )

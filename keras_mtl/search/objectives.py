"""What a search can go by."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import keras_tuner

from keras_mtl.surgery.heads import Head


def check_objective(objective: Any, head: Head) -> None:
    """Refuse an objective that the training of the head never reports.

    Raises:
        FatalValueError: It is none of the head's metrics; near names are suggested.
    """
    name = getattr(objective, "name", objective)
    measured = ["loss", *(metric.name for metric in head.make_metrics())]
    known = [f"{prefix}{one}" for prefix in ("val_", "") for one in measured]
    if name not in known:
        near = get_close_matches(str(name), known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise keras_tuner.errors.FatalValueError(
            f"`objective` is one of {known}. Received: {name!r}.{hint}"
        )


def check_validation(objective: str, fit_arguments: Mapping[str, Any]) -> None:
    """Refuse a search by validation data without any, and arguments that the search decides.

    Raises:
        FatalValueError: `validation_data` and `validation_split` are both missing, or `epochs`
            is given.
    """
    given = {name for name, value in fit_arguments.items() if value}
    given |= {"validation_data"} if fit_arguments.get("validation_data") is not None else set()
    if objective.startswith("val_") and not given & {"validation_data", "validation_split"}:
        raise keras_tuner.errors.FatalValueError(
            f"`objective={objective!r}` needs `validation_data` or `validation_split` in `search`."
        )
    if "epochs" in fit_arguments:
        raise keras_tuner.errors.FatalValueError(
            "`epochs` is an argument of `CutTuner`, not of `search`: it is how long the longest "
            "trials train."
        )

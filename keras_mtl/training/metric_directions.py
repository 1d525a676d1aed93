"""Whether a metric is better when it is larger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras


def directions(metrics: Sequence[keras.Metric]) -> dict[str, str]:
    """`"up"` or `"down"` by the names of the metrics, as far as Keras knows it.

    Args:
        metrics: The mean of the loss, then the metrics, as an `Objective` has them.
    """
    # Keras has no public name for it; metrics that it does not know have no such attribute.
    known = {metric.name: vars(metric).get("_direction") for metric in metrics[1:]}
    return {"loss": "down", **{name: up for name, up in known.items() if up}}


def tell_directions(model: Any, callbacks: Sequence[keras.callbacks.Callback]) -> None:
    """Set the mode `"auto"` of callbacks that watch the value of one task.

    Keras looks for a metric of that very name, which the metrics of several outputs do not have.

    Args:
        model: The multi-task model, whose metrics are built.
        callbacks: Those of the run; the `mode` of some is changed.
    """
    known = {
        f"{task}_{name}": "max" if direction == "up" else "min"
        for task, objective in model.objectives.items()
        for name, direction in directions(objective.metrics).items()
    }
    for one in callbacks:
        if isinstance(one, _WATCHING) and one.mode == "auto":
            one.mode = known.get(one.monitor.removeprefix("val_"), "auto")


_WATCHING = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.ReduceLROnPlateau,
)

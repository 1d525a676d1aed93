"""Whether a metric is better when it is larger."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from keras_mtl.keras_private.compiled import metric_direction
from keras_mtl.training.logs import log_name
from keras_mtl.training.state import TrainingState

_WATCHING = (
    keras.callbacks.EarlyStopping,
    keras.callbacks.ModelCheckpoint,
    keras.callbacks.ReduceLROnPlateau,
)


def directions(metrics: Sequence[keras.Metric]) -> dict[str, str]:
    """Return `"up"` or `"down"` by the names of the metrics, as far as Keras knows it.

    Args:
        metrics: The mean of the loss, then the metrics, as `Objective.metrics` has them.
    """
    known = {metric.name: metric_direction(metric) for metric in metrics[1:]}
    return {"loss": "down", **{name: up for name, up in known.items() if up}}


def set_auto_modes(state: TrainingState, callbacks: Sequence[keras.callbacks.Callback]) -> None:
    """Replace the mode `"auto"` of callbacks that monitor a metric of one task.

    Keras looks for a metric with the name that is monitored, which the metrics of tasks do not
    have: `accuracy` is `hair_accuracy` in the logs.

    Args:
        state: What training keeps of the model; its metrics are built.
        callbacks: Those of the run; the `mode` of some is changed.
    """
    own = {task: directions(objective.metrics) for task, objective in state.objectives.items()}
    modes = {
        log_name(task, name): "max" if direction == "up" else "min"
        for task, by_name in state.grouped("down", own).items()
        for name, direction in by_name.items()
    }
    for one in callbacks:
        if isinstance(one, _WATCHING) and one.mode == "auto":
            one.mode = modes.get(one.monitor.removeprefix("val_"), "auto")

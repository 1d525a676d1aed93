"""Early stopping of one task while the others go on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import isnan
from typing import Any

import keras

from keras_mtl.common.arguments import is_number, number, one_of, whole_number
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.heads.task_names import check_task
from keras_mtl.training.distribution.assigning import assign_all
from keras_mtl.training.logs import log_name
from keras_mtl.training.metric_directions import directions
from keras_mtl.training.state import OneTaskState, TrainingState

VALIDATION = "val_"
"""What the names of metrics begin with that are measured on the data to validate on."""


class TaskEarlyStopping(keras.callbacks.Callback):
    """Stop training one task of a `MultiTaskModel` when its metric has stopped improving.

    It decides as `keras.callbacks.EarlyStopping` does, by one metric of one task. The steps of that
    task are left out from then on, in turn and in joint steps; its head does not change any more,
    and its logs keep their last values. Validation goes on measuring it, because the trunk goes on
    training. `fit` ends when every task has stopped. Epochs in which the task had no step, or was
    not validated, do not count.

    Args:
        task: The name of the task.
        monitor: The metric of the task: `"val_loss"` (the default), `"loss"`, `"val_accuracy"` ...
            The name in the logs is accepted too: `"val_hair_loss"`.
        patience: Epochs without improvement after which the task stops, 0 by default.
        min_delta: The smallest change that counts as an improvement.
        verbose: 1 to print what the callback does.
        mode: `"min"`, `"max"`, or `"auto"` for the direction of the metric.
        baseline: A value that the metric must get better than, or the task stops after `patience`
            epochs.
        restore_best_weights: Whether the head of the task gets back the weights of its best epoch
            when it stops, or at the end. The trunk, which all tasks share, does not: save the whole
            model with `ModelCheckpoint(monitor="val_hair_loss")` for that.
        start_from_epoch: Epochs before this one do not count.

    Raises:
        ValueError: An argument is out of its range. `fit` raises it for a metric that the logs of
            the run will not have.
        TaskNotFound: In `fit`: there is no such task.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> trunk = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu")])
        >>> model = keras_mtl.MultiTaskModel(trunk, {"sex": 2, "hair": 5})
        >>> x = np.random.default_rng(0).normal(size=(40, 4))
        >>> stop = keras_mtl.TaskEarlyStopping("hair", "loss", patience=1, min_delta=10.0)
        >>> history = model.fit(
        ...     x, {"sex": np.arange(40) % 2, "hair": np.arange(40) % 5},
        ...     epochs=4, callbacks=[stop], verbose=0)
        >>> stop.stopped_epoch, model.stopped_tasks, len(history.epoch)
        (1, {'hair'}, 4)
    """

    def __init__(
        self,
        task: str,
        monitor: str = "val_loss",
        patience: int = 0,
        *,
        min_delta: float = 0.0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__()
        if not isinstance(monitor, str):
            raise ValueError(f"`monitor` is the name of a metric. Received: {monitor!r}.")
        if baseline is not None and not is_number(baseline):
            raise ValueError(f"`baseline` is a number or None. Received: {baseline!r}.")
        self.task = task
        self.monitor = monitor
        self.patience = whole_number("patience", patience, least=0)
        self.min_delta = number("min_delta", min_delta)
        self.verbose = one_of("verbose", verbose, (0, 1))
        self.mode = one_of("mode", mode, ("auto", "min", "max"))
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = whole_number("start_from_epoch", start_from_epoch, least=0)
        self._state: TrainingState | None = None
        self._log = ""
        self._upwards = False
        # What a run remembers, under the names that Keras's callback has for it.
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best: float | None = None
        self.best_weights: list[Any] | None = None

    def watch(self, state: TrainingState, validated: Collection[str]) -> None:
        """Find the metric among those of a run, before it begins.

        Args:
            state: What training keeps of the model; its metrics are built.
            validated: The tasks that there are data to validate on for.

        Raises:
            TaskNotFound: There is no such task.
            ValueError: The run has no such metric, or does not know in which direction it improves.
        """
        if isinstance(state, OneTaskState):
            raise ValueError(
                "`TaskEarlyStopping` stops one of several tasks, and this model has one: use "
                "`keras.callbacks.EarlyStopping`."
            )
        self.task = check_task(self.task, state.tasks, where="`TaskEarlyStopping`")
        name = self._metric_name(state.objectives[self.task].result(), self.task in validated)
        mode = self.mode
        if mode == "auto":
            known = directions(state.objectives[self.task].metrics)
            mode = {"up": "max", "down": "min"}.get(known.get(name, ""), "")
        if not mode:
            raise ValueError(
                f"Keras does not know whether the metric {name!r} of `{self.task}` is better when "
                'it is larger. Give `mode="max"` or `mode="min"`.'
            )
        self._upwards = mode == "max"
        self._state = state

    def on_train_begin(self, logs: Any = None) -> None:
        """Begin anew.

        Raises:
            TypeError: Something else than a `MultiTaskModel` is trained.
        """
        if self._state is None or self._state.model is not self.model:
            raise TypeError(
                "`TaskEarlyStopping` works in `MultiTaskModel.fit`; for a model of one task use "
                "`keras.callbacks.EarlyStopping`."
            )
        self.wait = self.stopped_epoch = self.best_epoch = 0
        self.best = self.best_weights = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop the task if its metric has not improved for long enough."""
        value = self._value(logs or {})
        if value is None or epoch < self.start_from_epoch:
            return
        if self.restore_best_weights and self.best_weights is None:
            self._keep(epoch)
        self.wait += 1
        if self._improves(value, self.best):
            self.best = value
            self._keep(epoch)
            # As in Keras: the wait begins anew only if the baseline is beaten too.
            if self.baseline is None or self._improves(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self._stop(epoch)

    def on_train_end(self, logs: Any = None) -> None:
        """Put back the best weights of the head, if they are asked for."""
        # Also where the task has stopped before: averages of weights become the weights at the end.
        self._restore()

    def _metric_name(self, metrics: Mapping[str, Any], validated: bool) -> str:
        """Return the name of the metric among those of the task, and note its name in the logs."""
        prefix = VALIDATION if self.monitor.startswith(VALIDATION) else ""
        name = self.monitor.removeprefix(prefix)
        if name not in metrics:
            name = name.removeprefix(log_name(self.task, ""))
        known = [*metrics, *(VALIDATION + one for one in metrics if validated)]
        if prefix + name not in known:
            unknown = prefix and not validated
            hint = " There are no data to validate it on." if unknown else ""
            raise ValueError(
                f"`monitor` is a metric of `{self.task}`, one of {known}. Received: "
                f"{self.monitor!r}.{hint or did_you_mean(self.monitor, known)}"
            )
        if keras.ops.ndim(metrics[name]):
            raise ValueError(f"The metric {name!r} of `{self.task}` is not one number.")
        self._log = prefix + log_name(self.task, name)
        return name

    def _value(self, logs: Mapping[str, Any]) -> float | None:
        """Return the value of the metric; None if this epoch does not count."""
        assert self._state
        if self._log not in logs or self.task in self._state.stopped:
            return None
        had_no_step = isnan(logs[log_name(self.task, "loss")])
        return None if had_no_step else float(logs[self._log])

    def _improves(self, value: float, reference: float | None) -> bool:
        if reference is None:
            return not isnan(value)
        if self._upwards:
            return value - self.min_delta > reference
        return value + self.min_delta < reference

    def _stop(self, epoch: int) -> None:
        assert self._state
        self.stopped_epoch = epoch
        self._state.stopped.add(self.task)
        if self.verbose:
            print(f"Epoch {epoch + 1}: early stopping of `{self.task}`")
        self._restore()

    def _keep(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self._head().get_weights()

    def _restore(self) -> None:
        if self.best_weights is not None:
            assign_all(self._head().weights, self.best_weights)

    def _head(self) -> keras.Layer:
        assert self._state
        return self._state.graphs.heads[self.task]
